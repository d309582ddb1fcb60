/**
 * Serf as a state machine without I/O on top of memberlist: announcements, user events and queries on logical clocks (wire facts
 * of Serf). Payloads of received messages go in, effects come out.
 */
import type { Random } from '../../../../lib/runtime.ts';
import { BroadcastQueue } from '../../memberlist/core/broadcast-queue.ts';
import { type Address, type Node, sameBytes } from '../../memberlist/core/node.ts';
import { retransmitLimit } from '../../memberlist/core/scaling.ts';
import {
  decodeRelay,
  decodeSerf,
  encodeRelay,
  encodeSerf,
  Join,
  Leave,
  PushPull,
  Query,
  QueryResponse,
  queryFlags,
  SerfWireError,
  serfTypes,
  UserEvent,
} from '../messages.ts';
import { encodeFilters, matchesFilter, reconnectOverrideMs } from './filters.ts';
import { LamportClock } from './lamport.ts';
import { Members } from './members.ts';
import { OpenQueries, type OpenQuery } from './open-queries.ts';
import { SeenRing } from './seen.ts';
import { type IncomingQuery, type QueryOptions, type SerfConfig, type SerfEffect, SerfLimitError } from './types.ts';

const ringSize = 512;
const userEventHardLimitBytes = 9 * 1024;
/** Queued announcements, events and queries beyond this (or twice the members) are dropped, oldest first. */
const queueLimit = 4096;

const noBytes = new Uint8Array(0);

type RunState = 'alive' | 'leaving' | 'left';

export class Serf {
  readonly #config: SerfConfig;
  readonly #random: Random;
  readonly clock = new LamportClock();
  readonly eventClock = new LamportClock();
  readonly queryClock = new LamportClock();
  readonly members: Members;
  readonly #intents = new BroadcastQueue();
  readonly #events = new BroadcastQueue();
  readonly #queries = new BroadcastQueue();
  readonly #seenEvents = new SeenRing<{ name: string; payload: Uint8Array | null }>(ringSize);
  readonly #seenQueries = new SeenRing<number>(ringSize);
  readonly #open = new OpenQueries();
  #effects: SerfEffect[] = [];
  #state: RunState = 'alive';
  #nextReapMs: number;
  #nextReconnectMs: number;
  /** Events and queries before these times are history. */
  minEventTime = 0;
  minQueryTime = 0;

  constructor(config: SerfConfig, random: Random, nowMs: number) {
    this.#config = config;
    this.#random = random;
    this.members = new Members((event, member) => this.#effects.push({ kind: 'member', event, member }));
    this.#nextReapMs = nowMs + config.reapIntervalMs;
    this.#nextReconnectMs = nowMs + config.reconnectIntervalMs;
  }

  get state(): RunState {
    return this.#state;
  }

  get queues(): { readonly intents: number; readonly events: number; readonly queries: number } {
    return { intents: this.#intents.size, events: this.#events.size, queries: this.#queries.size };
  }

  takeEffects(): SerfEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  nextMs(): number {
    return Math.min(this.#nextReapMs, this.#nextReconnectMs, this.#open.nextMs());
  }

  tick(nowMs: number): void {
    this.#open.expire(nowMs);
    if (this.#nextReapMs <= nowMs) {
      this.#nextReapMs = nowMs + this.#config.reapIntervalMs;
      // Members may say how long they are to be remembered (Consul's tag `rc_tm`).
      this.members.reap(nowMs, {
        failedMs: (m) => reconnectOverrideMs(m.tags['rc_tm']) ?? this.#config.reconnectTimeoutMs,
        leftMs: (m) => reconnectOverrideMs(m.tags['rc_tm']) ?? this.#config.tombstoneTimeoutMs,
      });
      const limit = Math.max(queueLimit, 2 * this.members.size);
      for (const queue of [this.#intents, this.#events, this.#queries]) queue.prune(limit);
    }
    if (this.#nextReconnectMs <= nowMs) {
      this.#nextReconnectMs = nowMs + this.#config.reconnectIntervalMs;
      this.#maybeReconnect();
    }
  }

  /** What memberlist adds to its packets: announcements first, then events, then queries. */
  broadcasts(overheadBytes: number, roomBytes: number): Uint8Array[] {
    const limit = retransmitLimit(this.#config.retransmitMult, this.members.size);
    const taken: Uint8Array[] = [];
    let room = roomBytes;
    for (const queue of [this.#intents, this.#events, this.#queries]) {
      for (const message of queue.take(overheadBytes, room, limit)) {
        room -= message.length + overheadBytes;
        taken.push(message);
      }
    }
    return taken;
  }

  /** After memberlist reached others: says that this node is here to stay. */
  announceJoin(nowMs: number): void {
    const { time } = this.clock;
    this.clock.witness(time);
    this.members.joinAnnounced(this.#config.name, time, nowMs);
    this.#intents.queue(encodeSerf('join', Join, { LTime: time, Node: this.#config.name }));
  }

  /** First half of leaving: the announcement. `onSent` is called once it went out often enough. */
  startLeave(nowMs: number, onSent: () => void): void {
    this.#state = 'leaving';
    this.#announceLeave(this.#config.name, false, nowMs, onSent);
  }

  finishLeave(): void {
    this.#state = 'left';
  }

  /** Declares another member gone; with prune it is forgotten at once. */
  forceLeave(name: string, prune: boolean, nowMs: number, onSent: () => void = () => {}): void {
    // Later than what others know of it, who may count one more than this node does.
    this.clock.witness(Math.max(this.clock.time, (this.members.get(name)?.statusTime ?? 0) + 1));
    this.#announceLeave(name, prune, nowMs, onSent);
  }

  /** @throws SerfLimitError */
  userEvent(name: string, payload: Uint8Array | null, coalesce: boolean): void {
    const limit = this.#config.userEventBytes;
    const size = new TextEncoder().encode(name).length + (payload?.length ?? 0);
    if (size > limit) throw new SerfLimitError(`user event exceeds configured limit of ${limit} bytes before encoding`);
    const event: UserEvent = { LTime: this.eventClock.time, Name: name, Payload: payload, CC: coalesce };
    const message = encodeSerf('userEvent', UserEvent, event);
    if (message.length > limit)
      throw new SerfLimitError(`encoded user event exceeds configured limit of ${limit} bytes after encoding`);
    if (message.length > userEventHardLimitBytes) {
      throw new SerfLimitError(
        `encoded user event exceeds reasonable limit of ${userEventHardLimitBytes} bytes after encoding`,
      );
    }
    this.eventClock.next();
    this.#handleUserEvent(event);
    this.#events.queue(message);
  }

  /** How long a query waits for answers unless told otherwise. */
  queryTimeoutMs(): number {
    const nodes = this.members.count('alive');
    return this.#config.gossipIntervalMs * this.#config.queryTimeoutMult * Math.ceil(Math.log10(nodes + 1));
  }

  /** @throws SerfLimitError */
  query(
    options: QueryOptions,
    self: Address,
    nowMs: number,
    handlers: Pick<OpenQuery, 'onAck' | 'onResponse'>,
  ): OpenQuery {
    const timeoutMs = options.timeoutMs ?? this.queryTimeoutMs();
    const query: Query = {
      LTime: this.queryClock.time,
      ID: this.#random.int(0x7fffffff),
      Addr: self.addr,
      Port: self.port,
      SourceNode: this.#config.name,
      Filters: encodeFilters(options),
      Flags: options.wantAcks ? queryFlags.ack : 0,
      RelayFactor: options.relayFactor,
      Timeout: timeoutMs * 1e6,
      Name: options.name,
      Payload: options.payload,
    };
    const message = encodeSerf('query', Query, query);
    if (message.length > this.#config.queryBytes)
      throw new SerfLimitError(`query exceeds limit of ${this.#config.queryBytes} bytes`);
    const open = {
      time: query.LTime,
      id: query.ID,
      deadlineMs: nowMs + timeoutMs,
      ...handlers,
    };
    this.#open.add(open);
    this.#handleQuery(query, nowMs);
    this.#queries.queue(message);
    return open;
  }

  /** Answers a query of another node. @throws SerfLimitError for an answer too large for a packet. */
  respond(incoming: IncomingQuery, payload: Uint8Array, nowMs: number): void {
    if (nowMs > incoming.deadlineMs) throw new SerfLimitError('response is past the deadline');
    const { query } = incoming;
    const body = { LTime: query.LTime, ID: query.ID, From: this.#config.name, Flags: 0, Payload: payload };
    const message = encodeSerf('queryResponse', QueryResponse, body);
    const limit = this.#config.queryResponseBytes;
    if (message.length > limit) throw new SerfLimitError(`response exceeds limit of ${limit} bytes`);
    this.#reply(query, message);
  }

  /** This node's part of a full state exchange. */
  localState(): Uint8Array {
    const times: Record<string, number> = {};
    const left: string[] = [];
    for (const member of this.members.all()) {
      times[member.name] = member.statusTime;
      // Who is leaving as well: if that is not true, and came at the same time as the member's own word, nobody else tells it.
      if (member.status === 'left' || member.status === 'leaving') left.push(member.name);
    }
    return encodeSerf('pushPull', PushPull, {
      LTime: this.clock.time,
      StatusLTimes: times,
      LeftMembers: left,
      EventLTime: this.eventClock.time,
      Events: this.#seenEvents.slots.map((slot) =>
        slot === null
          ? null
          : { LTime: slot.time, Events: slot.items.map((e) => ({ Name: e.name, Payload: e.payload })) },
      ),
      QueryLTime: this.queryClock.time,
    });
  }

  /** @param ignoreOld on a join that must not replay what happened before */
  mergeState(bytes: Uint8Array, join: boolean, ignoreOld: boolean, nowMs: number): void {
    if (bytes[0] !== serfTypes.pushPull) return this.#log('error', `Remote state has bad type prefix: ${bytes[0]}`);
    let remote: PushPull;
    try {
      remote = decodeSerf(PushPull, bytes);
    } catch (error) {
      if (!(error instanceof SerfWireError)) throw error;
      return this.#log('error', `Failed to decode remote state: ${error.message}`);
    }
    if (remote.LTime > 0) this.clock.witness(remote.LTime - 1);
    if (remote.EventLTime > 0) this.eventClock.witness(remote.EventLTime - 1);
    if (remote.QueryLTime > 0) this.queryClock.witness(remote.QueryLTime - 1);
    const times = remote.StatusLTimes ?? {};
    const left = new Set(remote.LeftMembers ?? []);
    // One later than known: who left stays left although an old join is also around.
    for (const name of left) {
      const known = this.members.get(name);
      const time = times[name] ?? 0;
      // No news; counting it one later at each exchange would outrun what an operator says next.
      const isGoing = known?.status === 'left' || known?.status === 'leaving';
      if (isGoing && time <= known.statusTime) continue;
      this.#handleLeave({ LTime: time + 1, Node: name, Prune: false }, nowMs);
    }
    for (const [name, time] of Object.entries(times)) {
      if (left.has(name)) continue;
      // Only a goodbye said in this node's name can be later than its own last word; it is no longer named as one.
      if (this.#isNewsAboutMe(name, time)) this.#refute(time, nowMs);
      else this.#handleJoin({ LTime: time, Node: name }, nowMs);
    }
    if (join && ignoreOld) this.minEventTime = Math.max(this.minEventTime, remote.EventLTime);
    for (const slot of remote.Events ?? []) {
      for (const event of slot?.Events ?? []) {
        this.#handleUserEvent({ LTime: slot?.LTime ?? 0, Name: event.Name, Payload: event.Payload, CC: false });
      }
    }
  }

  nodeJoined(node: Node, nowMs: number): void {
    this.members.nodeJoined(node, nowMs);
  }

  nodeLeft(node: Node, nowMs: number): void {
    this.members.nodeLeft(node, nowMs);
  }

  nodeUpdated(node: Node): void {
    this.members.nodeUpdated(node);
  }

  /** A Serf message off the network. */
  receive(message: Uint8Array, nowMs: number): void {
    try {
      this.#receive(message, nowMs);
    } catch (error) {
      if (!(error instanceof SerfWireError)) throw error;
      this.#log('error', `Error decoding message: ${error.message}`);
    }
  }

  #receive(message: Uint8Array, nowMs: number): void {
    switch (message[0]) {
      case serfTypes.leave:
        if (this.#handleLeave(decodeSerf(Leave, message), nowMs)) this.#intents.queue(message.slice());
        return;
      case serfTypes.join:
        if (this.#handleJoin(decodeSerf(Join, message), nowMs)) this.#intents.queue(message.slice());
        return;
      case serfTypes.userEvent:
        if (this.#handleUserEvent(decodeSerf(UserEvent, message))) this.#events.queue(message.slice());
        return;
      case serfTypes.query:
        if (this.#handleQuery(decodeSerf(Query, message), nowMs)) this.#queries.queue(message.slice());
        return;
      case serfTypes.queryResponse:
        return this.#open.answered(decodeSerf(QueryResponse, message), nowMs);
      case serfTypes.relay: {
        const { header, inner } = decodeRelay(message);
        if (header.DestAddr.IP === null) return;
        this.#effects.push({
          kind: 'send',
          to: { addr: header.DestAddr.IP, port: header.DestAddr.Port },
          message: inner,
        });
        return;
      }
      default:
        this.#log('warn', `Received message of unknown type: ${message[0]}`);
    }
  }

  #announceLeave(name: string, prune: boolean, nowMs: number, onSent: () => void): void {
    const leave = { LTime: this.clock.next(), Node: name, Prune: prune };
    this.members.leaveAnnounced(name, leave.LTime, prune, nowMs);
    this.#intents.queue(encodeSerf('leave', Leave, leave), null, onSent);
  }

  #handleJoin(join: Join, nowMs: number): boolean {
    this.clock.witness(join.LTime);
    return this.members.joinAnnounced(join.Node, join.LTime, nowMs);
  }

  #handleLeave(leave: Leave, nowMs: number): boolean {
    this.clock.witness(leave.LTime);
    if (this.#isNewsAboutMe(leave.Node, leave.LTime)) {
      this.#refute(leave.LTime, nowMs);
      return false;
    }
    return this.members.leaveAnnounced(leave.Node, leave.LTime, leave.Prune, nowMs);
  }

  #isNewsAboutMe(name: string, time: number): boolean {
    if (name !== this.#config.name || this.#state !== 'alive') return false;
    const member = this.members.get(name);
    return member !== undefined && time > member.statusTime;
  }

  /** Who heard the goodbye in a full exchange counts it one later: the answer is later than that too. */
  #refute(time: number, nowMs: number): void {
    this.#log('debug', 'Refuting an older leave intent');
    this.clock.witness(time + 1);
    this.announceJoin(nowMs);
  }

  #handleUserEvent(event: UserEvent): boolean {
    this.eventClock.witness(event.LTime);
    if (event.LTime < this.minEventTime) return false;
    // A copy: what is remembered for long must not keep the packet it came in.
    const payload: Uint8Array | null = event.Payload && new Uint8Array(event.Payload);
    const item = { name: event.Name, payload };
    const same = (o: typeof item): boolean =>
      o.name === item.name && sameBytes(o.payload ?? noBytes, item.payload ?? noBytes);
    if (!this.#seenEvents.add(event.LTime, this.eventClock.time, item, same)) return false;
    this.#effects.push({ kind: 'userEvent', event });
    return true;
  }

  #handleQuery(query: Query, nowMs: number): boolean {
    this.queryClock.witness(query.LTime);
    if (query.LTime < this.minQueryTime) return false;
    if (!this.#seenQueries.add(query.LTime, this.queryClock.time, query.ID, (id) => id === query.ID)) return false;
    const rebroadcast = (query.Flags & queryFlags.noBroadcast) === 0;
    if (!this.#isForMe(query)) return rebroadcast;
    if ((query.Flags & queryFlags.ack) !== 0) {
      const ack = { LTime: query.LTime, ID: query.ID, From: this.#config.name, Flags: queryFlags.ack, Payload: null };
      this.#reply(query, encodeSerf('queryResponse', QueryResponse, ack));
    }
    this.#effects.push({ kind: 'query', incoming: { query, deadlineMs: nowMs + query.Timeout / 1e6 } });
    return rebroadcast;
  }

  #isForMe(query: Query): boolean {
    const tags = this.members.get(this.#config.name)?.tags ?? {};
    return (query.Filters ?? []).every((filter) => matchesFilter(filter ?? noBytes, this.#config.name, tags));
  }

  /** Straight to the asker, and once more through some others, should the direct way be broken. */
  #reply(query: Query, message: Uint8Array): void {
    if (query.Addr === null) return;
    const to = { addr: query.Addr, port: query.Port };
    this.#effects.push({ kind: 'send', to, message });
    if (query.RelayFactor === 0 || this.members.size < query.RelayFactor + 1) return;
    const header = { DestAddr: { IP: to.addr, Port: to.port, Zone: '' }, DestName: query.SourceNode };
    const relay = encodeRelay(header, message);
    if (relay.length > this.#config.queryResponseBytes) return;
    const able = this.members
      .all()
      .filter((m) => m.status === 'alive' && m.name !== this.#config.name && (m.vsn[1] ?? 0) >= 5);
    for (let k = 0; k < query.RelayFactor && able.length > 0; k++) {
      const [member] = able.splice(this.#random.int(able.length), 1);
      if (member !== undefined) this.#effects.push({ kind: 'send', to: member, message: relay });
    }
  }

  #maybeReconnect(): void {
    const failed = this.members.all().filter((m) => m.status === 'failed');
    if (failed.length === 0) return;
    const others = Math.max(1, this.members.size - failed.length - this.members.count('left'));
    if (this.#random.float() > failed.length / others) return;
    const member = failed[this.#random.int(failed.length)];
    if (member !== undefined) this.#effects.push({ kind: 'reconnect', member });
  }

  #log(level: 'debug' | 'warn' | 'error', text: string): void {
    this.#effects.push({ kind: 'log', level, text });
  }
}
