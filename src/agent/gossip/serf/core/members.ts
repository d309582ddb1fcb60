/**
 * Who belongs to the pool: what memberlist sees (reachable or not) joined with what members announce (coming and going) into the
 * status of each member (wire facts of Serf, section 4).
 */
import type { Node } from '../../memberlist/core/node.ts';
import { decodeTags } from '../messages.ts';

export type MemberStatus = 'none' | 'alive' | 'leaving' | 'left' | 'failed';

export interface Member {
  readonly name: string;
  addr: Uint8Array;
  port: number;
  tags: Readonly<Record<string, string>>;
  status: MemberStatus;
  /** Logical time of the last accepted announcement. */
  statusTime: number;
  /** When it failed or left. */
  goneAtMs: number;
  /** It is to be forgotten as soon as it has left. */
  prune: boolean;
  /** pmin, pmax, pcur, dmin, dmax, dcur. */
  vsn: Uint8Array;
}

export type MemberEvent = 'join' | 'leave' | 'failed' | 'update' | 'reap';

interface Intent {
  readonly kind: 'join' | 'leave';
  readonly time: number;
  readonly atMs: number;
}

/** What a message says of its further way: rebroadcast it, or not. */
export type Rebroadcast = boolean;

/** Announcements about members not heard of yet are kept this long. */
const recentIntentMs = 5 * 60_000;
const intentLimit = 10_000;

export class Members {
  readonly #byName = new Map<string, Member>();
  readonly #intents = new Map<string, Intent>();
  readonly #onEvent: (event: MemberEvent, member: Member) => void;

  constructor(onEvent: (event: MemberEvent, member: Member) => void) {
    this.#onEvent = onEvent;
  }

  get(name: string): Member | undefined {
    return this.#byName.get(name);
  }

  all(): Member[] {
    return [...this.#byName.values()];
  }

  count(status: MemberStatus): number {
    let n = 0;
    for (const member of this.#byName.values()) if (member.status === status) n++;
    return n;
  }

  get size(): number {
    return this.#byName.size;
  }

  nodeJoined(node: Node, nowMs: number): void {
    const intent = this.#takeIntent(node.name, nowMs);
    let member = this.#byName.get(node.name);
    if (member === undefined) {
      member = {
        name: node.name,
        addr: node.addr,
        port: node.port,
        tags: decodeTags(node.meta),
        status: 'alive',
        statusTime: 0,
        goneAtMs: 0,
        prune: false,
        vsn: node.vsn,
      };
      this.#byName.set(node.name, member);
    } else {
      this.#refresh(member, node);
      member.status = 'alive';
      member.goneAtMs = 0;
      member.prune = false;
    }
    if (intent !== undefined && intent.time > member.statusTime) {
      member.statusTime = intent.time;
      if (intent.kind === 'leave') member.status = 'leaving';
    }
    this.#onEvent('join', member);
  }

  nodeLeft(node: Node, nowMs: number): void {
    const member = this.#byName.get(node.name);
    if (member === undefined) return;
    if (member.status === 'leaving') {
      member.status = 'left';
      member.goneAtMs = nowMs;
      this.#onEvent('leave', member);
      if (member.prune) this.erase(member);
    } else if (member.status === 'alive') {
      member.status = 'failed';
      member.goneAtMs = nowMs;
      this.#onEvent('failed', member);
    }
  }

  nodeUpdated(node: Node): void {
    const member = this.#byName.get(node.name);
    if (member === undefined) return;
    this.#refresh(member, node);
    this.#onEvent('update', member);
  }

  joinAnnounced(name: string, time: number, nowMs: number): Rebroadcast {
    const member = this.#byName.get(name);
    if (member === undefined) return this.#keepIntent(name, { kind: 'join', time, atMs: nowMs });
    if (time <= member.statusTime) return false;
    member.statusTime = time;
    member.prune = false;
    if (member.status === 'leaving') {
      member.status = 'alive';
      // It may have come as one that leaves, by a goodbye of its life before: who passed it over learns that it stays.
      this.#onEvent('update', member);
    }
    return true;
  }

  /** The owner refutes announcements about itself before they come here. */
  leaveAnnounced(name: string, time: number, prune: boolean, nowMs: number): Rebroadcast {
    const member = this.#byName.get(name);
    if (member === undefined) return this.#keepIntent(name, { kind: 'leave', time, atMs: nowMs });
    if (time <= member.statusTime) return false;
    member.statusTime = time;
    switch (member.status) {
      case 'alive':
        member.status = 'leaving';
        break;
      case 'failed':
        member.status = 'left';
        this.#onEvent('leave', member);
        break;
      default:
    }
    member.prune ||= prune;
    if (member.prune && member.status === 'left') this.erase(member);
    return true;
  }

  erase(member: Member): void {
    this.#byName.delete(member.name);
    this.#onEvent('reap', member);
  }

  /** Forgets the failed and left whose time is over. */
  reap(nowMs: number, limits: { failedMs: (member: Member) => number; leftMs: (member: Member) => number }): void {
    for (const member of this.#byName.values()) {
      const overdue =
        (member.status === 'failed' && nowMs - member.goneAtMs > limits.failedMs(member)) ||
        (member.status === 'left' && nowMs - member.goneAtMs > limits.leftMs(member));
      if (overdue) this.erase(member);
    }
    for (const [name, intent] of this.#intents) if (nowMs - intent.atMs > recentIntentMs) this.#intents.delete(name);
  }

  #refresh(member: Member, node: Node): void {
    member.addr = node.addr;
    member.port = node.port;
    member.tags = decodeTags(node.meta);
    member.vsn = node.vsn;
  }

  /** @returns whether it is news. */
  #keepIntent(name: string, intent: Intent): boolean {
    const known = this.#intents.get(name);
    if (known !== undefined && known.time >= intent.time) return false;
    if (known === undefined && this.#intents.size >= intentLimit) return false;
    this.#intents.set(name, intent);
    return true;
  }

  #takeIntent(name: string, nowMs: number): Intent | undefined {
    const intent = this.#intents.get(name);
    this.#intents.delete(name);
    return intent !== undefined && nowMs - intent.atMs <= recentIntentMs ? intent : undefined;
  }
}
