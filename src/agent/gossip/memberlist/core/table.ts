/**
 * The table of nodes and the rules by which claims about them change it: alive, suspect, dead, refutation (SWIM section 4.2;
 * wire facts of memberlist, section 5). No I/O; what follows from a claim is pushed to `effects` and `broadcasts`.
 */
import type { Random } from '../../../../lib/runtime.ts';
import type { Alive, Dead, PushNodeState, Suspect } from '../messages.ts';
import { encodeAlive, encodeDead, encodeSuspect } from '../wire.ts';
import type { Awareness } from './awareness.ts';
import type { BroadcastQueue } from './broadcast-queue.ts';
import type { MemberlistConfig } from './config.ts';
import { type Address, canonicalAddr, type Effect, isGone, type Node, sameAddress, sameBytes } from './node.ts';
import { suspicionMinMs } from './scaling.ts';
import { confirm, deadlineMs, startSuspicion } from './suspicion.ts';
import { misfit, understoodByAll } from './versions.ts';

/** Questions the owner of the pool answers (Serf's and Consul's merge rules). */
export interface TableOwner {
  /** A reason to ignore this claim, or null. */
  veto(alive: Alive): string | null;
  /** Whether an address may not be in the pool. */
  vetoAddress(addr: Uint8Array): boolean;
}

const leftKeptMs = 24 * 3600_000;
const noVersions = new Uint8Array(6);
const noMeta = new Uint8Array(0);

export class NodeTable {
  /** Probe order: shuffled, new nodes inserted at random places. */
  readonly order: Node[] = [];
  readonly #byName = new Map<string, Node>();
  /** Who is or was suspect: few, so that timers need not look at everybody. */
  readonly #suspects = new Set<Node>();
  readonly #config: MemberlistConfig;
  readonly #random: Random;
  readonly #awareness: Awareness;
  readonly #broadcasts: BroadcastQueue;
  readonly #owner: TableOwner;
  #incarnation = 0;
  leaving = false;
  effects: Effect[] = [];

  constructor(
    config: MemberlistConfig,
    random: Random,
    awareness: Awareness,
    broadcasts: BroadcastQueue,
    owner: TableOwner,
  ) {
    this.#config = config;
    this.#random = random;
    this.#awareness = awareness;
    this.#broadcasts = broadcasts;
    this.#owner = owner;
  }

  get(name: string): Node | undefined {
    return this.#byName.get(name);
  }

  get size(): number {
    return this.order.length;
  }

  get local(): Node {
    const node = this.#byName.get(this.#config.name);
    if (node === undefined) throw new Error('the local node is not in its own table');
    return node;
  }

  /** Makes the local node known to itself and, by gossip, to others; also after its meta changed. */
  announce(meta: Uint8Array, nowMs: number, onSent?: () => void): void {
    const { name, addr, port, vsn } = this.#config;
    this.#incarnation++;
    const claim = { Incarnation: this.#incarnation, Node: name, Addr: addr, Port: port, Meta: meta, Vsn: vsn };
    this.alive(claim, nowMs, { own: true, ...(onSent === undefined ? {} : { onSent }) });
  }

  /** Why this node and that one do not understand each other. */
  #misfit(name: string, vsn: Uint8Array): string | null {
    const own = this.#config;
    return misfit(name, vsn, understoodByAll([own.vsn])) ?? misfit(own.name, own.vsn, understoodByAll([vsn]));
  }

  alive(claim: Alive, nowMs: number, local: { own?: boolean; onSent?: () => void } = {}): void {
    const own = claim.Node === this.#config.name;
    if (own && this.leaving) return;
    const vsn = claim.Vsn ?? noVersions.subarray(0, 0);
    if (vsn.length >= 3) {
      const [min = 0, max = 0] = vsn;
      if (min === 0 || max === 0 || min > max) {
        return this.#log(
          'warn',
          `Ignoring an alive message for '${claim.Node}' because of invalid protocol version(s)`,
        );
      }
    }
    if (vsn.length < 6) {
      return this.#log('warn', `ignoring alive message for '${claim.Node}' because Vsn is not present`);
    }
    const reason = (own ? null : this.#misfit(claim.Node, vsn)) ?? this.#owner.veto(claim);
    if (reason !== null) return this.#log('warn', `ignoring alive message for '${claim.Node}': ${reason}`);
    const addr = canonicalAddr(claim.Addr ?? noMeta);
    if (addr.length !== 4 && addr.length !== 16) return this.#log('warn', `bad address length for '${claim.Node}'`);
    if (this.#owner.vetoAddress(addr)) return this.#log('warn', `Address of '${claim.Node}' is not allowed here`);
    const port = claim.Port === 0 ? this.#config.port : claim.Port;

    const known = this.#byName.get(claim.Node);
    let reclaimed = false;
    if (known !== undefined && !sameAddress(known, { addr, port })) {
      const mayReclaim =
        known.state === 'left' ||
        (known.state === 'dead' &&
          this.#config.deadNodeReclaimMs > 0 &&
          nowMs - known.stateChangedMs > this.#config.deadNodeReclaimMs);
      if (!mayReclaim) {
        this.effects.push({ kind: 'conflict', existing: known, claimed: { addr, port } });
        return;
      }
      reclaimed = true;
    }
    const node = known ?? this.#insert(claim.Node, { addr, port }, nowMs);
    if (!own && !reclaimed && known !== undefined && claim.Incarnation <= node.incarnation) return;
    if (own && claim.Incarnation < node.incarnation) return;
    node.suspicion = null;

    const meta = claim.Meta ?? noMeta;
    if (own && local.own !== true) {
      if (claim.Incarnation === node.incarnation && sameBytes(meta, node.meta) && sameBytes(vsn, node.vsn)) return;
      this.#refute(node, claim.Incarnation);
      this.#log('warn', `Refuting an alive message for '${node.name}'`);
      return;
    }
    this.effects.push({ kind: 'news', about: 'alive' });
    this.#broadcasts.queue(encodeAlive({ ...claim, Addr: addr, Port: port }), node.name, local.onSent);
    const before = node.state;
    const oldMeta = node.meta;
    node.incarnation = claim.Incarnation;
    node.addr = addr;
    node.port = port;
    node.meta = meta;
    node.vsn = vsn;
    if (node.state !== 'alive') {
      node.state = 'alive';
      node.stateChangedMs = nowMs;
    }
    if (known === undefined || before === 'dead' || before === 'left') this.effects.push({ kind: 'join', node });
    else if (!sameBytes(oldMeta, meta)) this.effects.push({ kind: 'update', node });
  }

  suspect(claim: Suspect, nowMs: number): void {
    const node = this.#byName.get(claim.Node);
    if (node === undefined || claim.Incarnation < node.incarnation) return;
    if (node.suspicion !== null) {
      if (confirm(node.suspicion, claim.From)) this.#broadcasts.queue(encodeSuspect(claim), node.name);
      return;
    }
    if (node.state !== 'alive') return;
    if (node.name === this.#config.name) {
      this.#refute(node, claim.Incarnation);
      this.#log('warn', `Refuting a suspect message (from: ${claim.From})`);
      return;
    }
    this.effects.push({ kind: 'news', about: 'suspect' });
    this.#broadcasts.queue(encodeSuspect(claim), node.name);
    node.incarnation = claim.Incarnation;
    node.state = 'suspect';
    node.stateChangedMs = nowMs;
    const { suspicionMult, suspicionMaxTimeoutMult, probeIntervalMs } = this.#config;
    this.#suspects.add(node);
    node.suspicion = startSuspicion(claim.From, nowMs, {
      suspicionMult,
      maxTimeoutMult: suspicionMaxTimeoutMult,
      nodes: this.size,
      minMs: suspicionMinMs(suspicionMult, this.size, probeIntervalMs),
    });
  }

  dead(claim: Dead, nowMs: number, onSent?: () => void): void {
    const node = this.#byName.get(claim.Node);
    if (node === undefined || claim.Incarnation < node.incarnation) return;
    node.suspicion = null;
    if (isGone(node)) return;
    if (node.name === this.#config.name && !this.leaving) {
      this.#refute(node, claim.Incarnation);
      this.#log('warn', `Refuting a dead message (from: ${claim.From})`);
      return;
    }
    this.effects.push({ kind: 'news', about: 'dead' });
    this.#broadcasts.queue(encodeDead(claim), node.name, onSent);
    node.incarnation = claim.Incarnation;
    node.state = claim.Node === claim.From ? 'left' : 'dead';
    node.stateChangedMs = nowMs;
    this.effects.push({ kind: 'leave', node });
  }

  /** A node's state as another told it in a full exchange: only the node itself may be believed dead at once. */
  merge(remote: PushNodeState, nowMs: number): void {
    const { Name, Incarnation } = remote;
    switch (remote.State) {
      case 0:
        return this.alive(
          { Incarnation, Node: Name, Addr: remote.Addr, Port: remote.Port, Meta: remote.Meta, Vsn: remote.Vsn },
          nowMs,
        );
      case 3:
        return this.dead({ Incarnation, Node: Name, From: Name }, nowMs);
      default:
        return this.suspect({ Incarnation, Node: Name, From: this.#config.name }, nowMs);
    }
  }

  /** Suspects whose time to refute is over become dead. */
  expireSuspects(nowMs: number): void {
    for (const node of this.#suspects) {
      const { suspicion } = node;
      if (suspicion === null) this.#suspects.delete(node);
      if (suspicion === null || node.state !== 'suspect' || deadlineMs(suspicion) > nowMs) continue;
      this.#log(
        'info',
        `Marking ${node.name} as failed, suspect timeout reached (${suspicion.accusers.size - 1} peer confirmations)`,
      );
      this.dead({ Incarnation: node.incarnation, Node: node.name, From: this.#config.name }, nowMs);
    }
  }

  /** Earliest end of a suspicion, or Infinity. */
  nextSuspicionMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { suspicion } of this.#suspects) if (suspicion !== null) next = Math.min(next, deadlineMs(suspicion));
    return next;
  }

  /**
   * Forgets the dead that nobody gossips to any more, and those that left as late as Serf does, and shuffles the order of probes. The
   * original keeps the latter for ever: where machines come and go, its exchanges grow and its suspicions take longer and longer.
   */
  sweep(nowMs: number): void {
    const keep = this.order.filter((node) => {
      const keptMs = node.state === 'dead' ? this.#config.gossipToTheDeadMs : leftKeptMs;
      const kept = !isGone(node) || nowMs - node.stateChangedMs <= keptMs || node.name === this.#config.name;
      if (!kept) this.#byName.delete(node.name);
      return kept;
    });
    this.order.length = 0;
    for (let i = keep.length - 1; i > 0; i--) {
      const j = this.#random.int(i + 1);
      [keep[i], keep[j]] = [keep[j] as Node, keep[i] as Node];
    }
    this.order.push(...keep);
  }

  /** Up to `count` different random nodes that pass the filter, by at most 3n draws as the reference does. */
  pick(count: number, accept: (node: Node) => boolean): Node[] {
    const picked: Node[] = [];
    for (let draw = 0; draw < 3 * this.size && picked.length < count; draw++) {
      const node = this.order[this.#random.int(this.size)] as Node;
      if (accept(node) && !picked.includes(node)) picked.push(node);
    }
    return picked;
  }

  #insert(name: string, address: Address, nowMs: number): Node {
    const node: Node = {
      name,
      addr: address.addr,
      port: address.port,
      meta: noMeta,
      vsn: noVersions,
      incarnation: 0,
      state: 'dead',
      stateChangedMs: nowMs,
      suspicion: null,
    };
    this.#byName.set(name, node);
    this.order.splice(this.#random.int(this.order.length + 1), 0, node);
    return node;
  }

  /** Says louder that this node lives: an incarnation above the accusation's. */
  #refute(me: Node, accused: number): void {
    this.#incarnation = Math.max(this.#incarnation + 1, accused + 1);
    me.incarnation = this.#incarnation;
    this.#awareness.apply(1);
    const { addr, port, vsn, name } = this.#config;
    const claim = { Incarnation: me.incarnation, Node: name, Addr: addr, Port: port, Meta: me.meta, Vsn: vsn };
    this.#broadcasts.queue(encodeAlive(claim), name);
  }

  #log(level: 'info' | 'warn', text: string): void {
    this.effects.push({ kind: 'log', level, text });
  }
}
