/**
 * A gossip pool on real sockets: memberlist, Serf and coordinates together, as the agent uses them (LAN and WAN alike). Knows
 * nothing of Consul: its rules come in as `veto`, its news go out as events.
 */

import { distanceSeconds } from '../../../lib/coordinate.ts';
import { encode } from '../../../lib/msgpack/index.ts';
import { networkErrorText } from '../../../lib/network-error.ts';
import type { Runtime, Timer } from '../../../lib/runtime.ts';
import type { Sockets } from '../../../lib/sockets.ts';
import type { Logger, Metrics } from '../../telemetry/api.ts';
import type { MemberlistConfig } from '../memberlist/core/config.ts';
import type { Address, Node } from '../memberlist/core/node.ts';
import { MemberlistDriver, type MemberlistEvents } from '../memberlist/driver.ts';
import type { Keyring } from '../memberlist/keyring.ts';
import type { Alive, PushNodeState } from '../memberlist/messages.ts';
import type { StreamSecurity } from '../memberlist/stream.ts';
import { placeText } from '../memberlist/transport.ts';
import { type Coordinate, CoordinateClient, CoordinateError } from './core/coordinate.ts';
import type { Member, MemberEvent } from './core/members.ts';
import type { OpenQuery } from './core/open-queries.ts';
import { Serf } from './core/serf.ts';
import {
  type IncomingQuery,
  type QueryOptions,
  type SerfConfig,
  type SerfEffect,
  SerfLimitError,
} from './core/types.ts';
import { answerConflictQuery, answerKeyQuery, internalPrefix, keyOperations } from './internal-queries.ts';
import {
  CoordinateStruct,
  decodeSerf,
  decodeTags,
  encodeTags,
  prefixed,
  SerfWireError,
  type UserEvent,
} from './messages.ts';
import { type Meter, meterOf } from './meter.ts';
import type { Times } from './snapshot-log.ts';

export interface PoolEvents {
  onMember(event: MemberEvent, member: Member): void;
  onUserEvent(event: UserEvent): void;
  /** Queries that are not Serf's own; Consul has none. */
  onQuery(incoming: IncomingQuery): void;
  /** Why a claim about a node, or a whole remote state on a join, is refused; null = fine. */
  veto(name: string, tags: Readonly<Record<string, string>>): string | null;
  vetoMerge(members: readonly { name: string; tags: Readonly<Record<string, string>>; left: boolean }[]): string | null;
  vetoAddress(addr: Uint8Array): boolean;
  onKeyringChange(ring: Keyring): void;
}

export interface PoolOptions {
  readonly memberlist: MemberlistConfig;
  readonly serf: SerfConfig;
  readonly bindHost: string;
  readonly tcpTimeoutMs: number;
  readonly broadcastTimeoutMs: number;
  readonly leavePropagateDelayMs: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly security: StreamSecurity | null;
  readonly coordinates: boolean;
  readonly events: PoolEvents;
  readonly sockets: Sockets;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Where the memberlist below writes. */
  readonly memberlistLogger: Logger;
  readonly metrics: Metrics;
}

/** Thrown when a join reached nobody. `causes`: a reason per address, in order. */
export class JoinError extends Error {
  override readonly name = 'JoinError';
  readonly causes: readonly string[];
  constructor(causes: readonly string[]) {
    super(`${causes.length} error${causes.length === 1 ? '' : 's'} occurred:\n\t* ${causes.join('\n\t* ')}\n`);
    this.causes = causes;
  }
}

const pingVersion = 1;
const metaLimitBytes = 512;

export class GossipPool {
  readonly #options: PoolOptions;
  readonly #serf: Serf;
  readonly #coordinates: CoordinateClient;
  readonly #peerCoordinates = new Map<string, Coordinate>();
  readonly #meter: Meter;
  #memberlist!: MemberlistDriver;
  #timer: Timer | undefined;
  #ignoreOld = false;
  #stopped = false;
  #version = 0;

  private constructor(options: PoolOptions) {
    this.#options = options;
    const { runtime, serf } = options;
    this.#serf = new Serf(serf, runtime.random, runtime.clock.nowMs());
    this.#coordinates = new CoordinateClient(runtime.random);
    this.#meter = meterOf(options.metrics);
  }

  static async start(options: PoolOptions): Promise<GossipPool> {
    const meta = encodeTags(options.tags);
    if (meta.length > metaLimitBytes)
      throw new Error(`Encoded length of tags exceeds limit of ${metaLimitBytes} bytes`);
    const pool = new GossipPool(options);
    const early: (() => void)[] = [];
    // What the local node's own arrival causes happens before the driver is at hand.
    const when = (run: () => void): void => {
      if (pool.#memberlist === undefined) early.push(run);
      else run();
    };
    const {
      memberlist: config,
      bindHost,
      tcpTimeoutMs,
      security,
      sockets,
      runtime,
      memberlistLogger,
      metrics,
    } = options;
    const events = pool.#memberlistEvents(when);
    pool.#memberlist = await MemberlistDriver.start({
      config,
      bindHost,
      tcpTimeoutMs,
      compress: true,
      security,
      meta,
      events,
      sockets,
      runtime,
      logger: memberlistLogger,
      metrics,
    });
    for (const run of early) run();
    pool.#settle();
    return pool;
  }

  get port(): number {
    return this.#memberlist.port;
  }

  get local(): Member {
    const member = this.#serf.members.get(this.#options.serf.name);
    if (member === undefined) throw new Error('the local member is not in its own pool');
    return member;
  }

  members(): Member[] {
    return this.#serf.members.all();
  }

  /** Grows with everything that may have changed a member. */
  get version(): number {
    return this.#version;
  }

  get coordinate(): Coordinate {
    return this.#coordinates.coordinate;
  }

  /** Coordinates of others as their last answers told them. */
  peerCoordinate(name: string): Coordinate | undefined {
    return this.#peerCoordinates.get(name);
  }

  /** The key that this pool encrypts with; null when it does not. */
  get primaryKey(): Uint8Array | null {
    return this.#options.security?.ring.primary ?? null;
  }

  /** Figures of `info`, as texts. */
  stats(): Record<string, string> {
    const { members, queues, clock, eventClock, queryClock } = this.#serf;
    return {
      members: String(members.size),
      failed: String(members.count('failed')),
      left: String(members.count('left')),
      health_score: String(this.#memberlist.core.healthScore),
      member_time: String(clock.time),
      event_time: String(eventClock.time),
      query_time: String(queryClock.time),
      intent_queue: String(queues.intents),
      event_queue: String(queues.events),
      query_queue: String(queues.queries),
      encrypted: String(this.#options.security !== null),
      coordinate_resets: String(this.#coordinates.resets),
    };
  }

  get times(): Times {
    const { clock, eventClock, queryClock } = this.#serf;
    return { clock: clock.time, eventClock: eventClock.time, queryClock: queryClock.time };
  }

  /** After a restart: this node's logical times go on from there, and events of the time before are not heard again. */
  resume({ clock, eventClock, queryClock }: Times): void {
    this.#serf.clock.witness(clock);
    this.#serf.eventClock.witness(eventClock);
    this.#serf.queryClock.witness(queryClock);
    this.#serf.minEventTime = eventClock + 1;
    this.#serf.minQueryTime = queryClock + 1;
  }

  /**
   * Makes this pool one with those behind the addresses. @returns how many answered. @throws JoinError when none did.
   * `ignoreOld`: events of the past are not replayed here.
   */
  async join(addresses: readonly Address[], ignoreOld: boolean): Promise<number> {
    const causes: string[] = [];
    let joined = 0;
    this.#ignoreOld = ignoreOld;
    try {
      for (const address of addresses) {
        try {
          await this.#memberlist.join(address);
          joined++;
        } catch (error) {
          causes.push(networkErrorText(error, placeText(address)));
        }
      }
    } finally {
      this.#ignoreOld = false;
    }
    if (joined === 0) throw new JoinError(causes);
    this.#serf.announceJoin(this.#now());
    this.#settle();
    return joined;
  }

  /** Says goodbye so that others know it is no failure; then `stop` may follow. */
  async leave(): Promise<void> {
    if (this.#serf.state !== 'alive') return;
    const { broadcastTimeoutMs, leavePropagateDelayMs } = this.#options;
    const alone = this.#memberlist.core.aliveCount() <= 1;
    await new Promise<void>((done) => {
      const timer = this.#options.runtime.clock.after(alone ? 0 : broadcastTimeoutMs, done);
      this.#serf.startLeave(this.#now(), () => {
        timer.cancel();
        done();
      });
      this.#settle();
    });
    await this.#memberlist.leave(broadcastTimeoutMs);
    if (!alone) await this.#sleep(leavePropagateDelayMs);
    this.#serf.finishLeave();
  }

  /** @returns false when no such member is known. */
  forceLeave(name: string, prune: boolean): boolean {
    const known = this.#serf.members.get(name) !== undefined;
    this.#serf.forceLeave(name, prune, this.#now());
    this.#settle();
    return known;
  }

  /** @throws SerfLimitError */
  userEvent(name: string, payload: Uint8Array | null, coalesce: boolean): void {
    this.#serf.userEvent(name, payload, coalesce);
    this.#settle();
  }

  /** @throws SerfLimitError */
  query(options: QueryOptions, handlers: Pick<OpenQuery, 'onAck' | 'onResponse'>): OpenQuery {
    const open = this.#serf.query(options, this.local, this.#now(), handlers);
    this.#settle();
    return open;
  }

  /** Calls `run` when the query takes no more answers; the result cancels that. */
  atDeadline(open: OpenQuery, run: () => void): () => void {
    const timer = this.#options.runtime.clock.after(Math.max(0, open.deadlineMs - this.#now()), run);
    return () => timer.cancel();
  }

  respond(incoming: IncomingQuery, payload: Uint8Array): void {
    this.#serf.respond(incoming, payload, this.#now());
    this.#settle();
  }

  async setTags(tags: Readonly<Record<string, string>>): Promise<void> {
    await this.#memberlist.updateMeta(encodeTags(tags), this.#options.broadcastTimeoutMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#memberlist.stop();
  }

  #now(): number {
    return this.#options.runtime.clock.nowMs();
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((done) => this.#options.runtime.clock.after(ms, done));
  }

  #memberlistEvents(when: (run: () => void) => void): MemberlistEvents {
    const { events } = this.#options;
    const settle = (run: () => void): void => {
      run();
      when(() => this.#settle());
    };
    return {
      veto: (alive: Alive) => events.veto(alive.Node, tagsOf(alive.Meta)),
      vetoAddress: (addr) => events.vetoAddress(addr),
      vetoMerge: (nodes: readonly PushNodeState[]) =>
        events.vetoMerge(nodes.map((n) => ({ name: n.Name, tags: tagsOf(n.Meta), left: n.State === 3 }))),
      broadcasts: (overhead, room) => this.#serf.broadcasts(overhead, room),
      ackPayload: () =>
        this.#options.coordinates
          ? prefixed(pingVersion, encode(CoordinateStruct, { ...this.coordinate, Vec: [...this.coordinate.Vec] }))
          : null,
      onJoin: (node) => settle(() => this.#serf.nodeJoined(node, this.#now())),
      onLeave: (node) => settle(() => this.#serf.nodeLeft(node, this.#now())),
      onUpdate: (node) => settle(() => this.#serf.nodeUpdated(node)),
      onConflict: (existing, claimed) => this.#onConflict(existing, claimed),
      onUser: (payload) => {
        this.#meter.received(payload.length);
        settle(() => this.#serf.receive(payload, this.#now()));
      },
      onRtt: (node, rttMs, payload) => this.#learn(node, rttMs, payload),
      userState: () => this.#serf.localState(),
      mergeUserState: (state, join) => settle(() => this.#serf.mergeState(state, join, this.#ignoreOld, this.#now())),
    };
  }

  #onConflict(existing: Node, claimed: Address): void {
    const { logger, serf } = this.#options;
    if (existing.name === serf.name) {
      logger.error(
        `serf: Node name conflicts with another node at ${placeText(claimed)}. Names must be unique! (Resolution enabled: false)`,
      );
      return;
    }
    const both = `${placeText(existing)} and ${placeText(claimed)}`;
    logger.warn(`serf: Name conflict for '${existing.name}' both ${both} are claiming`);
  }

  #learn(node: Node, rttMs: number, payload: Uint8Array | null): void {
    if (!this.#options.coordinates || payload === null || payload[0] !== pingVersion) return;
    try {
      const told = decodeSerf(CoordinateStruct, payload, 1);
      const peer = { ...told, Vec: told.Vec ?? [] };
      const before = this.coordinate;
      const after = this.#coordinates.update(node.name, peer, rttMs / 1000);
      this.#meter.adjustment(distanceSeconds(before, after) * 1000);
      this.#peerCoordinates.set(node.name, peer);
    } catch (error) {
      if (!(error instanceof SerfWireError || error instanceof CoordinateError)) throw error;
      this.#options.logger.debug('Rejected coordinate', { node: node.name, error: error.message });
    }
  }

  #settle(): void {
    this.#version++;
    if (this.#stopped) return;
    for (let effects = this.#serf.takeEffects(); effects.length > 0; effects = this.#serf.takeEffects()) {
      for (const effect of effects) this.#do(effect);
    }
    this.#timer?.cancel();
    this.#timer = this.#options.runtime.clock.after(Math.max(1, this.#serf.nextMs() - this.#now()), () => {
      this.#meter.queues(this.#serf.queues);
      this.#serf.tick(this.#now());
      this.#settle();
    });
  }

  #do(effect: SerfEffect): void {
    const { events, logger } = this.#options;
    switch (effect.kind) {
      case 'member':
        this.#meter.member(effect.event);
        if (effect.event === 'reap') {
          this.#coordinates.forget(effect.member.name);
          this.#peerCoordinates.delete(effect.member.name);
        }
        return events.onMember(effect.event, effect.member);
      case 'userEvent':
        this.#meter.userEvent(effect.event.Name);
        return events.onUserEvent(effect.event);
      case 'query':
        this.#meter.query(effect.incoming.query.Name);
        return this.#onQuery(effect.incoming);
      case 'send':
        this.#meter.sent(effect.message.length);
        return this.#memberlist.sendUser(effect.to, effect.message);
      case 'reconnect':
        logger.info(`serf: attempting reconnect to ${effect.member.name} ${placeText(effect.member)}`);
        this.#memberlist.join(effect.member).catch((error: unknown) => {
          logger.debug(`serf: reconnect failed: ${networkErrorText(error, placeText(effect.member))}`);
        });
        return;
      case 'log':
        logger[effect.level](`serf: ${effect.text}`);
    }
  }

  #onQuery(incoming: IncomingQuery): void {
    const { Name } = incoming.query;
    if (!Name.startsWith(internalPrefix)) return this.#options.events.onQuery(incoming);
    try {
      const answer = this.#internalAnswer(Name.slice(internalPrefix.length), incoming.query.Payload);
      if (answer !== null) this.#serf.respond(incoming, answer, this.#now());
    } catch (error) {
      if (!(error instanceof SerfWireError || error instanceof SerfLimitError)) throw error;
      this.#options.logger.error(`serf: Failed to answer query ${Name}: ${error.message}`);
    }
  }

  /** null where nothing is to be said. */
  #internalAnswer(name: string, payload: Uint8Array | null): Uint8Array | null {
    const { security, serf, events } = this.#options;
    if (name === 'conflict') return answerConflictQuery(payload, serf.name, (other) => this.#serf.members.get(other));
    const operation = keyOperations.find((op) => op === name);
    if (operation === undefined) return null;
    const save = (ring: Keyring): void => events.onKeyringChange(ring);
    return answerKeyQuery(operation, payload, security?.ring ?? null, save, serf.queryResponseBytes);
  }
}

const tagsOf = (meta: Uint8Array | null): Record<string, string> => decodeTags(meta ?? new Uint8Array(0));
