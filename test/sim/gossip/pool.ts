/**
 * A large pool of memberlist cores in virtual time: packets that get lost and take their time, nodes that die, and nodes so slow that
 * they hear and say everything late.
 */
import type { MemberlistConfig } from '../../../src/agent/gossip/memberlist/core/config.ts';
import { Memberlist } from '../../../src/agent/gossip/memberlist/core/memberlist.ts';
import type { Effect } from '../../../src/agent/gossip/memberlist/core/node.ts';
import type { Message } from '../../../src/agent/gossip/memberlist/messages.ts';
import { decodePacket } from '../../../src/agent/gossip/memberlist/wire.ts';
import { profiles } from '../../../src/agent/gossip/profiles.ts';
import { EventQueue } from '../event-queue.ts';
import { Stream } from '../prng.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

interface Member {
  readonly index: number;
  readonly core: Memberlist;
  readonly config: Writable<MemberlistConfig>;
  alive: boolean;
  /** Nothing gets through to it, nor out of it, until then. */
  blockedUntilMs: number;
  slow: boolean;
  tickAtMs: number;
}

/** Somebody changed his mind about somebody. */
export interface Opinion {
  readonly atMs: number;
  readonly by: number;
  readonly kind: 'join' | 'leave';
  readonly about: number;
}

interface Event {
  readonly atMs: number;
  readonly member: Member;
  readonly run: () => void;
}

/** Until its first gossip a new pool has this to say in one packet, to nobody. */
const everythingBytes = 2 ** 40;

const versions = Uint8Array.of(1, 5, 2, 2, 5, 4);

const owner = {
  veto: () => null,
  vetoAddress: () => false,
  vetoMerge: () => null,
  broadcasts: () => [],
  ackPayload: () => null,
};

const nameOf = (index: number): string => `n${index}`;
const indexOf = (name: string): number => Number(name.slice(1));
const addressOf = (index: number): Uint8Array => Uint8Array.of(10, index >> 16, (index >> 8) & 255, index & 255);
const indexAt = (addr: Uint8Array): number => ((addr[1] ?? 0) << 16) | ((addr[2] ?? 0) << 8) | (addr[3] ?? 0);

export class GossipPool {
  nowMs = 0;
  /** Chance that a packet is lost. */
  loss = 0;
  readonly members: Member[] = [];
  readonly opinions: Opinion[] = [];
  packets = 0;
  readonly #random: Stream;
  readonly #events = new EventQueue<Event>();
  /** The same broadcast reaches thousands: it is decoded once. */
  readonly #decoded = new WeakMap<Uint8Array, Message>();

  /** A pool of `size` nodes that have long known each other. */
  constructor(size: number, seed: number) {
    this.#random = new Stream(seed, 'gossip');
    for (let i = 0; i < size; i++) this.#make();
    const everybody = this.members.map(({ core }) => core.localState()[0]!);
    for (const { core, config } of this.members) {
      core.mergeRemote(everybody, false, 0);
      // What was just learnt is no news: it is said once, to nobody.
      Object.assign(config, { retransmitMult: 0, packetBytes: everythingBytes });
      config.gossipIntervalMs = this.#random.float() * profiles.lan.memberlist.gossipIntervalMs;
      core.tick(0);
      core.takeEffects();
      Object.assign(config, profiles.lan.memberlist);
    }
    for (const member of this.members) this.#schedule(member);
  }

  /** A new node joins by way of a random one. */
  join(): number {
    const member = this.#make();
    const others = this.members.filter((one) => one.alive && !one.slow && one !== member);
    this.#exchange(member, this.#random.pick(others), true);
    return member.index;
  }

  kill(index: number): void {
    this.members[index]!.alive = false;
  }

  /** From now on the node is blocked for about `blockedMs`, runs for about `runsMs`, and so on. */
  slowDown(index: number, blockedMs: number, runsMs: number): void {
    const member = this.members[index]!;
    member.slow = true;
    const block = (): void => {
      if (!member.slow || !member.alive) return;
      member.blockedUntilMs = this.nowMs + this.#random.around(blockedMs);
      this.#at(member.blockedUntilMs + this.#random.around(runsMs), member, block);
    };
    block();
  }

  recover(index: number): void {
    this.members[index]!.slow = false;
  }

  run(forMs: number): void {
    const endMs = this.nowMs + forMs;
    for (;;) {
      const event = this.#events.next;
      if (event === undefined || event.atMs > endMs) break;
      this.#events.pop();
      const { member } = event;
      if (!member.alive) continue;
      // A blocked node takes up what came meanwhile when it goes on.
      if (member.blockedUntilMs > event.atMs) {
        this.#at(member.blockedUntilMs, member, event.run);
        continue;
      }
      this.nowMs = event.atMs;
      event.run();
    }
    this.nowMs = endMs;
  }

  /** Living nodes that think so of a node. */
  count(about: number, state: string): number {
    const name = nameOf(about);
    let sum = 0;
    for (const { core, alive, index } of this.members) {
      if (alive && index !== about && core.node(name)?.state === state) sum++;
    }
    return sum;
  }

  get living(): number {
    return this.members.reduce((sum, { alive }) => sum + (alive ? 1 : 0), 0);
  }

  #make(): Member {
    const index = this.members.length;
    const config: Writable<MemberlistConfig> = {
      ...profiles.lan.memberlist,
      vsn: versions,
      name: nameOf(index),
      addr: addressOf(index),
      port: 8301,
      gossipIntervalMs: 0,
    };
    const core = new Memberlist(config, owner, this.#random, new Uint8Array(0), this.nowMs);
    config.gossipIntervalMs = profiles.lan.memberlist.gossipIntervalMs;
    const member = { index, core, config, alive: true, blockedUntilMs: 0, slow: false, tickAtMs: Infinity };
    this.members.push(member);
    return member;
  }

  #at(atMs: number, member: Member, run: () => void): void {
    this.#events.push({ atMs, member, run });
  }

  #schedule(member: Member): void {
    const nextMs = Math.max(member.core.nextMs(), this.nowMs);
    if (nextMs >= member.tickAtMs) return;
    member.tickAtMs = nextMs;
    this.#at(nextMs, member, () => {
      if (member.tickAtMs !== nextMs) return;
      member.tickAtMs = Number.POSITIVE_INFINITY;
      member.core.tick(this.nowMs);
      this.#settle(member);
    });
  }

  /** Does what the core asks for, and notes when it wants to be called next. */
  #settle(member: Member): void {
    for (const effect of member.core.takeEffects()) this.#do(member, effect);
    this.#schedule(member);
  }

  /** One to five milliseconds, as in a datacenter under some load. */
  #delayMs(): number {
    return 1 + 4 * this.#random.float();
  }

  #do(from: Member, effect: Effect): void {
    switch (effect.kind) {
      case 'packet': {
        this.packets++;
        const to = this.members[indexAt(effect.to.addr)];
        if (to === undefined || this.#random.chance(this.loss)) return;
        const { messages } = effect;
        this.#at(this.nowMs + this.#delayMs(), to, () => {
          for (const bytes of messages) to.core.receive(this.#decode(bytes), from.config, this.nowMs);
          this.#settle(to);
        });
        return;
      }
      case 'tcpPing': {
        const to = this.members[indexAt(effect.to.addr)]!;
        // Connections lose nothing, they are only late.
        this.#at(this.nowMs + this.#delayMs(), to, () => {
          this.#at(this.nowMs + this.#delayMs(), from, () => {
            from.core.onTcpPing(effect.seqNo, true);
            this.#settle(from);
          });
        });
        return;
      }
      case 'pushPull': {
        const to = this.members[indexAt(effect.to.addr)]!;
        this.#at(this.nowMs + this.#delayMs(), to, () => this.#exchange(from, to, false));
        return;
      }
      case 'join':
      case 'leave': {
        const { kind, node } = effect;
        this.opinions.push({ atMs: this.nowMs, by: from.index, kind, about: indexOf(node.name) });
        return;
      }
      default:
    }
  }

  #decode(bytes: Uint8Array): Message {
    let message = this.#decoded.get(bytes);
    if (message === undefined) {
      decodePacket(
        bytes,
        (one) => {
          message = one;
        },
        () => {},
      );
      if (message === undefined) throw new Error('a core said something that cannot be read');
      this.#decoded.set(bytes, message);
    }
    return message;
  }

  #exchange(one: Member, two: Member, join: boolean): void {
    if (!one.alive || !two.alive) return;
    const [stateOne, stateTwo] = [one.core.localState(), two.core.localState()];
    two.core.mergeRemote(stateOne, join, this.nowMs);
    one.core.mergeRemote(stateTwo, join, this.nowMs);
    this.#settle(one);
    this.#settle(two);
  }
}
