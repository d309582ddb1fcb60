/**
 * The failure detector: probes one node per interval, directly, then through others and by TCP, and accuses those that stay
 * silent (SWIM section 3.1 with Lifeguard's nacks; wire facts of memberlist, section 6).
 */
import type { Ack, IndirectPing, Ping } from '../messages.ts';
import { encodeAck, encodeIndirectPing, encodeNack, encodePing, encodeSuspect } from '../wire.ts';
import type { Awareness } from './awareness.ts';
import type { MemberlistConfig } from './config.ts';
import { type Address, type Effect, isGone, type Node, understandsNack, understandsTcpPing } from './node.ts';
import type { NodeTable } from './table.ts';

interface Probe {
  readonly node: Node;
  readonly seqNo: number;
  readonly sentMs: number;
  /** When helpers are asked. */
  readonly helpAtMs: number;
  /** When the verdict falls. */
  readonly endsMs: number;
  asked: boolean;
  nacksExpected: number;
  nacksReceived: number;
}

/** A ping sent for somebody else. */
interface Relay {
  readonly seqNo: number;
  readonly requester: Address;
  readonly requesterSeqNo: number;
  readonly wantsNack: boolean;
  readonly endsMs: number;
}

/** Pings relayed at a time; more are not taken on. */
const relayLimit = 1024;

export class Prober {
  readonly #config: MemberlistConfig;
  readonly #table: NodeTable;
  readonly #awareness: Awareness;
  /** Sends a message with as many broadcasts as fit beside it. */
  readonly #send: (to: Address, message: Uint8Array) => void;
  #seqNo = 0;
  #at = 0;
  #probe: Probe | null = null;
  #nextMs: number;
  readonly #relays = new Map<number, Relay>();

  constructor(
    config: MemberlistConfig,
    table: NodeTable,
    awareness: Awareness,
    firstMs: number,
    send: (to: Address, message: Uint8Array) => void,
  ) {
    this.#config = config;
    this.#table = table;
    this.#awareness = awareness;
    this.#nextMs = firstMs;
    this.#send = send;
  }

  nextMs(): number {
    let next = this.#nextMs;
    if (this.#probe !== null) next = Math.min(next, this.#probe.asked ? this.#probe.endsMs : this.#probe.helpAtMs);
    for (const relay of this.#relays.values()) next = Math.min(next, relay.endsMs);
    return next;
  }

  tick(nowMs: number): void {
    const probe = this.#probe;
    if (probe !== null && !probe.asked && probe.helpAtMs <= nowMs) this.#askHelpers(probe);
    if (probe !== null && probe.endsMs <= nowMs) this.#fail(probe, nowMs);
    for (const relay of this.#relays.values()) {
      if (relay.endsMs > nowMs) continue;
      this.#relays.delete(relay.seqNo);
      if (relay.wantsNack) this.#send(relay.requester, encodeNack({ SeqNo: relay.requesterSeqNo }));
    }
    if (this.#nextMs <= nowMs) {
      const intervalMs = this.#awareness.scale(this.#config.probeIntervalMs);
      this.#nextMs = nowMs + intervalMs;
      if (this.#probe === null) this.#start(nowMs, intervalMs);
    }
  }

  onPing(ping: Ping, from: Address, payload: Uint8Array | null): void {
    if (ping.Node !== '' && ping.Node !== this.#config.name) {
      this.#log('warn', `Got ping for unexpected node '${ping.Node}'`);
      return;
    }
    const to =
      ping.SourceAddr !== null && ping.SourceAddr.length > 0 && ping.SourcePort > 0
        ? { addr: ping.SourceAddr, port: ping.SourcePort }
        : from;
    this.#send(to, encodeAck({ SeqNo: ping.SeqNo, Payload: payload }));
  }

  onIndirectPing(ask: IndirectPing, from: Address, nowMs: number): void {
    if (this.#relays.size >= relayLimit || ask.Target === null) return;
    const seqNo = ++this.#seqNo;
    const requester =
      ask.SourceAddr !== null && ask.SourceAddr.length > 0 && ask.SourcePort > 0
        ? { addr: ask.SourceAddr, port: ask.SourcePort }
        : from;
    const endsMs = nowMs + this.#config.probeTimeoutMs;
    this.#relays.set(seqNo, { seqNo, requester, requesterSeqNo: ask.SeqNo, wantsNack: ask.Nack, endsMs });
    const port = ask.Port === 0 ? this.#config.port : ask.Port;
    this.#send({ addr: ask.Target, port }, this.#ping(seqNo, ask.Node));
  }

  onAck(ack: Ack, nowMs: number): void {
    const relay = this.#relays.get(ack.SeqNo);
    if (relay !== undefined) {
      this.#relays.delete(ack.SeqNo);
      this.#send(relay.requester, encodeAck({ SeqNo: relay.requesterSeqNo, Payload: null }));
      return;
    }
    const probe = this.#probe;
    if (probe === null || probe.seqNo !== ack.SeqNo) return;
    this.#probe = null;
    this.#awareness.apply(-1);
    // Only a direct ack measures the way to the node.
    if (!probe.asked) {
      this.#effect({ kind: 'rtt', node: probe.node, rttMs: nowMs - probe.sentMs, payload: ack.Payload });
    }
  }

  onNack(seqNo: number): void {
    if (this.#probe?.seqNo === seqNo) this.#probe.nacksReceived++;
  }

  onTcpPing(seqNo: number, answered: boolean): void {
    const probe = this.#probe;
    if (probe === null || probe.seqNo !== seqNo || !answered) return;
    this.#log(
      'warn',
      `Was able to connect to ${probe.node.name} but other probes failed, network may be misconfigured`,
    );
    this.#probe = null;
    this.#awareness.apply(-1);
  }

  #start(nowMs: number, intervalMs: number): void {
    const node = this.#next(nowMs);
    if (node === null) return;
    const seqNo = ++this.#seqNo;
    this.#probe = {
      node,
      seqNo,
      sentMs: nowMs,
      helpAtMs: nowMs + this.#config.probeTimeoutMs,
      endsMs: nowMs + Math.max(intervalMs, this.#config.probeTimeoutMs),
      asked: false,
      nacksExpected: 0,
      nacksReceived: 0,
    };
    const ping = this.#ping(seqNo, node.name);
    if (node.state === 'alive') {
      this.#send(node, ping);
      return;
    }
    // A suspect hears the accusation together with the ping, so that it can refute at once.
    const accusation = encodeSuspect({ Incarnation: node.incarnation, Node: node.name, From: this.#config.name });
    this.#effect({ kind: 'packet', to: node, messages: [ping, accusation], crc: (node.vsn[1] ?? 0) >= 5 });
  }

  #next(nowMs: number): Node | null {
    for (let checked = 0; checked < this.#table.size; checked++) {
      if (this.#at >= this.#table.size) {
        this.#table.sweep(nowMs);
        this.#at = 0;
      }
      const node = this.#table.order[this.#at++];
      if (node !== undefined && node.name !== this.#config.name && !isGone(node)) return node;
    }
    return null;
  }

  #askHelpers(probe: Probe): void {
    probe.asked = true;
    const { node, seqNo } = probe;
    const helpers = this.#table.pick(
      this.#config.indirectChecks,
      (n) => n.name !== this.#config.name && n.name !== node.name && n.state === 'alive',
    );
    for (const helper of helpers) {
      const wantsNack = understandsNack(helper);
      if (wantsNack) probe.nacksExpected++;
      const ask = {
        SeqNo: seqNo,
        Target: node.addr,
        Port: node.port,
        Node: node.name,
        Nack: wantsNack,
        ...this.#source(),
      };
      this.#send(helper, encodeIndirectPing(ask));
    }
    if (understandsTcpPing(node)) {
      this.#effect({ kind: 'tcpPing', to: node, node: node.name, seqNo, timeoutMs: probe.endsMs - probe.helpAtMs });
    }
  }

  #fail(probe: Probe, nowMs: number): void {
    this.#probe = null;
    // Silence of helpers that should have said "no answer" speaks against us, not against the node.
    this.#awareness.apply(probe.nacksExpected > 0 ? probe.nacksExpected - probe.nacksReceived : 1);
    this.#log('info', `Suspect ${probe.node.name} has failed, no acks received`);
    this.#table.suspect({ Incarnation: probe.node.incarnation, Node: probe.node.name, From: this.#config.name }, nowMs);
  }

  #ping(seqNo: number, node: string): Uint8Array {
    return encodePing({ SeqNo: seqNo, Node: node, ...this.#source() });
  }

  #source(): { SourceAddr: Uint8Array; SourcePort: number; SourceNode: string } {
    return { SourceAddr: this.#config.addr, SourcePort: this.#config.port, SourceNode: this.#config.name };
  }

  #effect(effect: Effect): void {
    this.#table.effects.push(effect);
  }

  #log(level: 'info' | 'warn', text: string): void {
    this.#effect({ kind: 'log', level, text });
  }
}
