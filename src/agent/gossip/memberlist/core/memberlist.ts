/**
 * memberlist as a state machine without I/O: messages and time go in, effects come out. It knows no sockets, no clocks and no
 * Serf; the owner's payloads are bytes (SWIM, Das, Gupta, Motivala 2002; wire facts of memberlist).
 */
import type { Random } from '../../../../lib/runtime.ts';
import type { Message, PushNodeState } from '../messages.ts';
import { messageTypes, nodeStates } from '../messages.ts';
import { Awareness } from './awareness.ts';
import { BroadcastQueue } from './broadcast-queue.ts';
import type { MemberlistConfig } from './config.ts';
import { type Address, type Effect, isGone, type Node, understandsCrc } from './node.ts';
import { Prober } from './prober.ts';
import { pushPullIntervalMs, retransmitLimit } from './scaling.ts';
import { NodeTable, type TableOwner } from './table.ts';
import { misfit, understoodByAll } from './versions.ts';

export interface MemberlistOwner extends TableOwner {
  /** Whether this whole remote state may be merged on a join: a reason against it, or null. */
  vetoMerge(nodes: readonly PushNodeState[]): string | null;
  /** The owner's own broadcasts for one packet; each costs `overheadBytes` more than itself. */
  broadcasts(overheadBytes: number, roomBytes: number): Uint8Array[];
  /** What to put into acks (Serf: this node's coordinate). */
  ackPayload(): Uint8Array | null;
}

/** Compound header, and what each message in it costs. */
const compoundHeaderBytes = 2;
const compoundMessageBytes = 2;
const userTypeBytes = 1;

export class Memberlist {
  readonly #config: MemberlistConfig;
  readonly #owner: MemberlistOwner;
  readonly #awareness: Awareness;
  readonly #queue = new BroadcastQueue();
  readonly #table: NodeTable;
  readonly #prober: Prober;
  #nextGossipMs: number;
  #nextPushPullMs: number;

  /** Starts with the local node alive; timers begin at random moments of their first interval. */
  constructor(config: MemberlistConfig, owner: MemberlistOwner, random: Random, meta: Uint8Array, nowMs: number) {
    this.#config = config;
    this.#owner = owner;
    this.#awareness = new Awareness(config.awarenessMaxMultiplier);
    this.#table = new NodeTable(config, random, this.#awareness, this.#queue, owner);
    const stagger = (intervalMs: number): number => nowMs + random.float() * intervalMs;
    this.#prober = new Prober(config, this.#table, this.#awareness, stagger(config.probeIntervalMs), (to, message) =>
      this.#sendWithBroadcasts(to, message),
    );
    this.#nextGossipMs = stagger(config.gossipIntervalMs);
    this.#nextPushPullMs = stagger(config.pushPullIntervalMs);
    this.#table.announce(meta, nowMs);
  }

  get nodes(): readonly Node[] {
    return this.#table.order;
  }

  get local(): Node {
    return this.#table.local;
  }

  get healthScore(): number {
    return this.#awareness.score;
  }

  get queued(): number {
    return this.#queue.size;
  }

  node(name: string): Node | undefined {
    return this.#table.get(name);
  }

  aliveCount(): number {
    return this.#table.order.reduce((sum, n) => sum + (isGone(n) ? 0 : 1), 0);
  }

  /** Everything that is to be done since the last call, in order. */
  takeEffects(): Effect[] {
    const { effects } = this.#table;
    this.#table.effects = [];
    return effects;
  }

  /** When `tick` wants to be called next at the latest. */
  nextMs(): number {
    return Math.min(this.#nextGossipMs, this.#nextPushPullMs, this.#prober.nextMs(), this.#table.nextSuspicionMs());
  }

  tick(nowMs: number): void {
    this.#prober.tick(nowMs);
    this.#table.expireSuspects(nowMs);
    if (this.#nextGossipMs <= nowMs) {
      this.#nextGossipMs = nowMs + this.#config.gossipIntervalMs;
      this.#gossip(nowMs);
    }
    if (this.#nextPushPullMs <= nowMs) {
      this.#nextPushPullMs = nowMs + pushPullIntervalMs(this.#config.pushPullIntervalMs, this.#table.size);
      this.#pushPull();
    }
  }

  /** A message out of a packet. */
  receive(message: Message, from: Address, nowMs: number): void {
    switch (message.type) {
      case 'ping':
        return this.#prober.onPing(message.body, from, this.#owner.ackPayload());
      case 'indirectPing':
        return this.#prober.onIndirectPing(message.body, from, nowMs);
      case 'ack':
        return this.#prober.onAck(message.body, nowMs);
      case 'nack':
        return this.#prober.onNack(message.body.SeqNo);
      case 'suspect':
        return this.#table.suspect(message.body, nowMs);
      case 'alive':
        return this.#table.alive(message.body, nowMs);
      case 'dead':
        return this.#table.dead(message.body, nowMs);
      case 'user':
        this.#table.effects.push({ kind: 'user', payload: message.payload });
    }
  }

  onTcpPing(seqNo: number, answered: boolean): void {
    this.#prober.onTcpPing(seqNo, answered);
  }

  /** Every node of the table, for a full exchange. */
  localState(): PushNodeState[] {
    return this.#table.order.map((n) => ({
      Name: n.name,
      Addr: n.addr,
      Port: n.port,
      Meta: n.meta,
      Incarnation: n.incarnation,
      State: nodeStates.indexOf(n.state),
      Vsn: n.vsn,
    }));
  }

  /** @returns why nothing was merged, or null. */
  mergeRemote(nodes: readonly PushNodeState[], join: boolean, nowMs: number): string | null {
    const reason = this.#checkVersions(nodes) ?? (join ? this.#owner.vetoMerge(nodes) : null);
    if (reason !== null) return reason;
    for (const node of nodes) this.#table.merge(node, nowMs);
    return null;
  }

  /** New meta of this node. `onSent`: told to others as often as the limit. */
  update(meta: Uint8Array, nowMs: number, onSent?: () => void): void {
    this.#table.announce(meta, nowMs, onSent);
  }

  /** Says goodbye; the node answers until its driver stops. */
  leave(nowMs: number, onSent?: () => void): void {
    const { name, incarnation } = this.#table.local;
    this.#table.leaving = true;
    this.#table.dead({ Incarnation: incarnation, Node: name, From: name }, nowMs, onSent);
  }

  #gossip(nowMs: number): void {
    const targets = this.#table.pick(this.#config.gossipNodes, (n) => {
      if (n.name === this.#config.name || n.state === 'left') return false;
      return n.state !== 'dead' || nowMs - n.stateChangedMs <= this.#config.gossipToTheDeadMs;
    });
    for (const node of targets) {
      const messages = this.#broadcasts(compoundHeaderBytes);
      if (messages.length === 0) return;
      this.#table.effects.push({ kind: 'packet', to: node, messages, crc: understandsCrc(node) });
    }
  }

  #pushPull(): void {
    const [node] = this.#table.pick(1, (n) => n.name !== this.#config.name && n.state === 'alive');
    if (node !== undefined) this.#table.effects.push({ kind: 'pushPull', to: node, node: node.name });
  }

  #sendWithBroadcasts(to: Address, message: Uint8Array): void {
    const extra = this.#broadcasts(compoundHeaderBytes + compoundMessageBytes + message.length);
    this.#table.effects.push({ kind: 'packet', to, messages: [message, ...extra], crc: false });
  }

  #broadcasts(usedBytes: number): Uint8Array[] {
    const limit = retransmitLimit(this.#config.retransmitMult, this.#table.size);
    let room = this.#config.packetBytes - usedBytes;
    const messages = this.#queue.take(compoundMessageBytes, room, limit);
    for (const message of messages) room -= message.length + compoundMessageBytes;
    if (room > compoundMessageBytes + userTypeBytes) {
      for (const payload of this.#owner.broadcasts(compoundMessageBytes + userTypeBytes, room)) {
        const message = new Uint8Array(payload.length + 1);
        message[0] = messageTypes.user;
        message.set(payload, 1);
        messages.push(message);
      }
    }
    return messages;
  }

  /** Every node must speak a version that all living nodes understand. */
  #checkVersions(remote: readonly PushNodeState[]): string | null {
    const living = [
      ...remote.filter(({ State, Vsn }) => State === 0 && Vsn !== null && Vsn.length >= 6).map(({ Vsn }) => Vsn),
      ...this.#table.order.filter(({ state }) => state === 'alive').map(({ vsn }) => vsn),
    ];
    const understood = understoodByAll(living);
    for (const { Name, Vsn } of remote) {
      const reason = misfit(Name, Vsn, understood);
      if (reason !== null) return reason;
    }
    for (const { name, vsn } of this.#table.order) {
      const reason = misfit(name, vsn, understood);
      if (reason !== null) return reason;
    }
    return null;
  }
}
