/** A gossip pool in Consul's terms: joins by address text, members as the agent knows them, keys and events by name. */
import { joinHostPort } from '../../lib/host-port.ts';
import type { Clock, Timer } from '../../lib/runtime.ts';
import { RpcError } from '../errors.ts';
import type { Logger } from '../telemetry/api.ts';
import { LookupError, parseJoinTarget, resolveJoinTarget } from './join-address.ts';
import { type Member, memberOf } from './member.ts';
import { textOfAddr } from './memberlist/transport.ts';
import type { Coordinate } from './serf/core/coordinate.ts';
import type { MemberEvent } from './serf/core/members.ts';
import { internalPrefix, type KeyOperation } from './serf/internal-queries.ts';
import { decodeSerf, encodeSerf, KeyRequest, KeyResponse, type UserEvent } from './serf/messages.ts';
import { GossipPool, JoinError, type PoolOptions } from './serf/pool.ts';
import { SnapshotFile } from './serf/snapshot-file.ts';

export interface PoolListener {
  onMember(event: MemberEvent, member: Member): void;
  onUserEvent(event: UserEvent): void;
}

/** How a key operation went on the nodes of one pool. */
export interface KeyringOutcome {
  /** Node name -> its complaint. */
  readonly messages: Record<string, string>;
  /** Key -> number of nodes that have it. */
  readonly keys: Record<string, number>;
  readonly primaryKeys: Record<string, number>;
  readonly nodes: number;
  /** '' when every node agreed. */
  readonly error: string;
}

/** Where a pool remembers its members over restarts. */
export interface Memory {
  readonly path: string;
  readonly rejoinAfterLeave: boolean;
}

/** As often as Serf looks for members that failed. */
const rejoinIntervalMs = 30_000;

export class ConsulPool {
  readonly #pool: GossipPool;
  #file: SnapshotFile | null = null;
  #stopped = false;
  #nextTry: Timer | null = null;
  #members: readonly Member[] = [];
  #membersVersion = -1;

  private constructor(pool: GossipPool) {
    this.#pool = pool;
  }

  static async start(
    options: Omit<PoolOptions, 'events'> & {
      readonly events: Omit<PoolOptions['events'], 'onMember' | 'onUserEvent' | 'onQuery'>;
    },
    listener: PoolListener,
    memory: Memory | null = null,
  ): Promise<ConsulPool> {
    let file: SnapshotFile | null = null;
    const pool = await GossipPool.start({
      ...options,
      events: {
        ...options.events,
        onMember: (event, serfMember) => {
          const member = memberOf(serfMember);
          if (file !== null) note(file, event, member);
          listener.onMember(event, member);
        },
        onUserEvent: (event) => listener.onUserEvent(event),
        // Agents answer none but Serf's own queries.
        onQuery: () => {},
      },
    });
    const consul = new ConsulPool(pool);
    if (memory !== null) {
      const { runtime, logger } = options;
      file = new SnapshotFile({ ...memory, times: () => pool.times, clock: runtime.clock, logger });
      consul.#file = file;
      consul.#remember(file, runtime.clock, logger);
    }
    return consul;
  }

  /** Goes on where the process before left off: in time, and with its friends. */
  #remember(file: SnapshotFile, clock: Clock, logger: Logger): void {
    const { alive, ...times } = file.before;
    if (alive.size > 0) this.#pool.resume(times);
    for (const member of this.members()) note(file, 'join', member);
    // Neither this node nor, if it had another name before, the one that it was.
    const { name: ownName, address, port } = this.local;
    const own = joinHostPort(address, port);
    const friends = [...alive].filter(([name, at]) => name !== ownName && at !== own).map(([, at]) => at);
    if (friends.length > 0) void this.#reunite(friends, clock, logger);
  }

  /**
   * Goes on until somebody answers, or comes by himself: if this agent has another address than before, its friends look for it
   * where it is not any more.
   */
  async #reunite(friends: readonly string[], clock: Clock, logger: Logger): Promise<void> {
    const address = await this.#rejoin(friends);
    if (this.#stopped) return;
    if (address !== null) {
      logger.info('serf: Re-joined to previously known node', { address });
      return;
    }
    logger.warn('serf: Failed to re-join any previously known node');
    this.#nextTry = clock.after(rejoinIntervalMs, () => {
      if (this.members().every(({ name, status }) => name === this.local.name || status !== 'alive')) {
        void this.#reunite(friends, clock, logger);
      }
    });
  }

  /** The first that answers is enough. */
  async #rejoin(addresses: readonly string[]): Promise<string | null> {
    for (const text of addresses) {
      if (this.#stopped) return null;
      try {
        for (const address of await resolveJoinTarget(parseJoinTarget(text, this.#pool.port))) {
          await this.#pool.join([address], true);
          return text;
        }
      } catch (error) {
        if (!(error instanceof JoinError || error instanceof LookupError)) throw error;
      }
    }
    return null;
  }

  get port(): number {
    return this.#pool.port;
  }

  get local(): Member {
    return memberOf(this.#pool.local);
  }

  get coordinate(): Coordinate {
    return this.#pool.coordinate;
  }

  /** The same list as long as nothing changes. */
  members(): readonly Member[] {
    const { version } = this.#pool;
    if (version !== this.#membersVersion) {
      this.#members = this.#pool.members().map(memberOf);
      this.#membersVersion = version;
    }
    return this.#members;
  }

  /** The key that this pool encrypts with; null when it does not. */
  get primaryKey(): Uint8Array | null {
    return this.#pool.primaryKey;
  }

  stats(): Record<string, string> {
    return this.#pool.stats();
  }

  /** This node's own, or that of a member as its last answer told it. */
  coordinateOf(member: string): Coordinate | undefined {
    return member === this.#pool.local.name ? this.#pool.coordinate : this.#pool.peerCoordinate(member);
  }

  /** @returns how many of the addresses answered. @throws RpcError with every reason when none did. */
  async join(targets: readonly string[]): Promise<number> {
    const reasons: string[] = [];
    let joined = 0;
    for (const text of targets) {
      const target = parseJoinTarget(text, this.#pool.port);
      try {
        for (const address of await resolveJoinTarget(target)) {
          try {
            joined += await this.#pool.join([address], false);
          } catch (error) {
            reasons.push(`Failed to join ${textOfAddr(address.addr)}: ${reasonOf(error)}`);
          }
        }
      } catch (error) {
        reasons.push(`Failed to resolve ${target.host}: ${reasonOf(error)}`);
      }
    }
    if (joined === 0) throw new RpcError(multiError(reasons));
    return joined;
  }

  async leave(): Promise<void> {
    this.#nextTry?.cancel();
    this.#file?.left();
    await this.#pool.leave();
  }

  /** @returns false when no such member is known. */
  forceLeave(name: string, prune: boolean): boolean {
    return this.#pool.forceLeave(name, prune);
  }

  userEvent(name: string, payload: Uint8Array | null, coalesce: boolean): void {
    this.#pool.userEvent(name, payload, coalesce);
  }

  setTags(tags: Readonly<Record<string, string>>): Promise<void> {
    return this.#pool.setTags(tags);
  }

  /** Asks every node of the pool to do something with its keys. `key` is raw; empty for a list. */
  keyring(operation: KeyOperation, key: Uint8Array, relayFactor: number): Promise<KeyringOutcome> {
    const nodes = this.#pool.members().filter((m) => m.status === 'alive').length;
    const outcome = {
      messages: {} as Record<string, string>,
      keys: {} as Record<string, number>,
      primaryKeys: {} as Record<string, number>,
    };
    let answers = 0;
    let failures = 0;
    return new Promise((done) => {
      const finish = (): void => {
        const error =
          failures > 0
            ? `${failures}/${nodes} nodes reported failure`
            : answers < nodes
              ? `${answers}/${nodes} nodes reported success`
              : '';
        done({ ...outcome, nodes, error });
      };
      const open = this.#pool.query(
        {
          name: `${internalPrefix}${operation}`,
          payload: encodeSerf('keyRequest', KeyRequest, { Key: key }),
          wantAcks: false,
          relayFactor,
        },
        {
          onAck: () => {},
          onResponse: (from, payload) => {
            answers++;
            const answer = decodeSerf(KeyResponse, payload ?? new Uint8Array(0));
            if (!answer.Result) failures++;
            if (answer.Message !== '') outcome.messages[from] = answer.Message;
            for (const held of answer.Keys ?? []) outcome.keys[held] = (outcome.keys[held] ?? 0) + 1;
            if (answer.PrimaryKey !== '') {
              outcome.primaryKeys[answer.PrimaryKey] = (outcome.primaryKeys[answer.PrimaryKey] ?? 0) + 1;
            }
            if (answers === nodes) {
              cancel();
              finish();
            }
          },
        },
      );
      const cancel = this.#pool.atDeadline(open, finish);
    });
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#nextTry?.cancel();
    this.#file?.stop();
    return this.#pool.stop();
  }
}

function note(file: SnapshotFile, event: MemberEvent, { name, address, port }: Member): void {
  if (event === 'join' || event === 'update') file.alive(name, joinHostPort(address, port));
  else if (event !== 'reap') file.notAlive(name);
}

/** Several errors as Go's multierror prints them. */
export const multiError = (reasons: readonly string[]): string =>
  `${reasons.length} error${reasons.length === 1 ? '' : 's'} occurred:\n${reasons.map((r) => `\t* ${r}\n`).join('')}\n`;

const reasonOf = (error: unknown): string =>
  error instanceof JoinError ? (error.causes[0] ?? error.message) : (error as Error).message;
