/** How a server passes on what it cannot answer itself: to its leader, or to another datacenter (wire facts, section 5). */
import type { Random } from '../../lib/runtime.ts';
import { make } from '../../structs/make.ts';
import { errors, fromRemote, RpcError } from '../errors.ts';
import type { Member } from '../gossip/member.ts';
import { type ServerInfo, serverInfo } from '../gossip/member.ts';
import type { Answer } from './caller.ts';
import { carriesMeta, metaOf, noMeta } from './codec.ts';
import { notOpened } from './dial.ts';
import type { ConnectionPool } from './pool.ts';
import { type Args, type MethodName, type Reply, type Signature, signatures } from './signatures.ts';
import { ConnectionError, RemoteError } from './stream-client.ts';

/** Thrown when the server asked was no leader, or was lost before it could have done anything: ask again. Its text says why to a client. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain';
}

export interface ForwarderOptions {
  /** Puts one question to the server at an address. */
  readonly pool: Pick<ConnectionPool, 'call'>;
  readonly random: Random;
  readonly datacenter: string;
  /** Members of both pools as they are now. */
  readonly lan: () => readonly Member[];
  readonly wan: () => readonly Member[];
  /** Estimated round trip to a server of the WAN pool; infinite when nothing is known. */
  readonly rttSeconds: (server: ServerInfo) => number;
}

export class Forwarder {
  readonly #options: ForwarderOptions;
  readonly #known = new WeakMap<readonly Member[], readonly ServerInfo[]>();

  constructor(options: ForwarderOptions) {
    this.#options = options;
  }

  /**
   * @param leader as Raft knows it
   * @throws TryAgain, or what the leader answered
   */
  async toLeader<M extends MethodName>(
    leader: { readonly id: string; readonly address: string },
    method: M,
    args: Partial<Args<M>>,
    signal?: AbortSignal,
  ): Promise<Answer<Reply<M>>> {
    const server = this.#leader(leader);
    // Gossip may hear of a server later than Raft does.
    return this.#call(server?.address ?? leader.address, method, args, signal);
  }

  /** Whether this leader answers `Status.ReadIndex`: it is ours alone. */
  tellsReadIndex(leader: { readonly id: string; readonly address: string }): boolean {
    return this.#leader(leader)?.readIndex ?? false;
  }

  #leader({ id, address }: { readonly id: string; readonly address: string }): ServerInfo | undefined {
    return this.#servers(this.#options.lan()).find((server) => server.id === id || server.address === address);
  }

  async toDatacenter<M extends MethodName>(
    datacenter: string,
    method: M,
    args: Partial<Args<M>>,
    signal?: AbortSignal,
  ): Promise<Answer<Reply<M>>> {
    const known = this.#servers(this.#options.wan()).filter((s) => s.datacenter === datacenter);
    if (known.length === 0) throw errors.noPathToDatacenter();
    const alive = known.filter((s) => s.status === 'alive');
    let leaderless = 0;
    while (alive.length > 0) {
      const [server] = alive.splice(this.#options.random.int(alive.length), 1) as [ServerInfo];
      try {
        return await this.#call(server.address, method, args, signal);
      } catch (error) {
        if (!(error instanceof TryAgain)) throw error;
        // Each has waited for a leader in vain, for as long as one does; it may have been cut off from the others, two hardly.
        if (error.cause instanceof RemoteError && ++leaderless === 2) throw fromRemote(error.message);
      }
    }
    throw errors.remoteDatacenterUnreachable();
  }

  /**
   * As `toDatacenter`, for what belongs to the primary: it is not asked when it passes such requests on itself, as then they
   * might come back.
   */
  async toPrimary<M extends MethodName>(
    datacenter: string,
    method: M,
    args: Partial<Args<M>>,
    signal?: AbortSignal,
  ): Promise<Answer<Reply<M>>> {
    const named = this.wanServers().find((s) => s.datacenter === datacenter && s.primary !== null)?.primary;
    if (named) throw errors.notPrimary(datacenter, named);
    return this.toDatacenter(datacenter, method, args, signal);
  }

  /** Servers of all datacenters. */
  wanServers(): readonly ServerInfo[] {
    return this.#servers(this.#options.wan());
  }

  /** Datacenters of the WAN pool: this one, then the nearer before the farther, then those of unknown distance by name. */
  datacenters(): string[] {
    const rtts = new Map<string, number[]>([[this.#options.datacenter, [0]]]);
    for (const server of this.wanServers()) {
      const known = rtts.get(server.datacenter) ?? [];
      if (server.datacenter !== this.#options.datacenter) known.push(this.#options.rttSeconds(server));
      rtts.set(server.datacenter, known);
    }
    const far = [...rtts].map(([name, all]) => ({ name, rtt: median(all) }));
    far.sort((a, b) => (a.rtt === b.rtt ? (a.name < b.name ? -1 : 1) : a.rtt - b.rtt));
    const own = this.#options.datacenter;
    return [own, ...far.map((one) => one.name).filter((name) => name !== own)];
  }

  /** Every forwarded call asks for them: they are read off the members once for each list of members. */
  #servers(members: readonly Member[]): readonly ServerInfo[] {
    let servers = this.#known.get(members);
    if (servers === undefined) {
      servers = members.flatMap((member) => serverInfo(member) ?? []);
      this.#known.set(members, servers);
    }
    return servers;
  }

  /** One question to one server, without routing. */
  ask<M extends MethodName>(
    address: string,
    method: M,
    args: Partial<Args<M>>,
    signal?: AbortSignal,
  ): Promise<Answer<Reply<M>>> {
    return this.#call(address, method, args, signal);
  }

  async #call<M extends MethodName>(
    address: string,
    method: M,
    args: Partial<Args<M>>,
    signal: AbortSignal | undefined,
  ): Promise<Answer<Reply<M>>> {
    const signature: Signature = signatures[method];
    try {
      const full = make(signature.args, args as object) as Args<M>;
      const reply = await this.#options.pool.call(address, method, full, signal);
      return { reply, meta: carriesMeta(signature.reply) ? metaOf(reply) : noMeta };
    } catch (error) {
      if (signal?.aborted === true) throw error;
      if (error instanceof RemoteError) {
        const said = `rpc error making call: ${error.message}`;
        if (untried.some((text) => error.message.includes(text))) throw new TryAgain(said, { cause: error });
        throw fromRemote(said, error.reason);
      }
      if (!(error instanceof ConnectionError)) throw error;
      const unopened = error.message.includes(notOpened);
      const said = unopened ? error.message : `rpc error making call: ${error.message}`;
      // What was only read may be asked again; a write that was lost may have happened.
      if (unopened || signature.kind !== 'write') throw new TryAgain(said, { cause: error });
      throw new RpcError(said, 500, { cause: error });
    }
  }
}

/** Answers that say that nothing was done. */
const untried = ['No cluster leader', 'node is not the leader', 'leadership transfer in progress'];

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
}
