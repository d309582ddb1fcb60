/** How a server passes on what it cannot answer itself: to its leader, or to another datacenter (wire facts, section 5). */
import type { Random } from '../../lib/runtime.ts';
import { make } from '../../structs/make.ts';
import { errors, fromRemote, RpcError } from '../errors.ts';
import type { Member } from '../gossip/member.ts';
import { type ServerInfo, serverInfo } from '../gossip/member.ts';
import type { Answer } from './caller.ts';
import { carriesMeta, metaOf, noMeta } from './codec.ts';
import type { ConnectionPool } from './pool.ts';
import { type Args, type MethodName, type Reply, type Signature, signatures } from './signatures.ts';
import { ConnectionError, RemoteError } from './stream-client.ts';

/** Thrown when the server asked was no leader, or was lost before it could have done anything: ask again. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain';
}

export interface ForwarderOptions {
  readonly pool: ConnectionPool;
  readonly random: Random;
  readonly datacenter: string;
  /** Members of both pools as they are now. */
  readonly lan: () => readonly Member[];
  readonly wan: () => readonly Member[];
}

export class Forwarder {
  readonly #options: ForwarderOptions;

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
    const server = this.#servers(this.#options.lan()).find((s) => s.id === leader.id || s.address === leader.address);
    // Gossip may hear of a server later than Raft does.
    return this.#call(server?.address ?? leader.address, method, args, signal);
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
    while (alive.length > 0) {
      const [server] = alive.splice(this.#options.random.int(alive.length), 1) as [ServerInfo];
      try {
        return await this.#call(server.address, method, args, signal);
      } catch (error) {
        if (!(error instanceof TryAgain)) throw error;
      }
    }
    throw errors.remoteDatacenterUnreachable();
  }

  /** Datacenters of the WAN pool, nearest knowledge only: sorted by name. */
  datacenters(): string[] {
    const names = new Set(this.#servers(this.#options.wan()).map((s) => s.datacenter));
    names.add(this.#options.datacenter);
    return [...names].sort();
  }

  #servers(members: readonly Member[]): ServerInfo[] {
    return members.flatMap((member) => serverInfo(member) ?? []);
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
        if (untried.some((text) => error.message.includes(text))) throw new TryAgain(error.message, { cause: error });
        throw fromRemote(`rpc error making call: ${error.message}`);
      }
      if (!(error instanceof ConnectionError)) throw error;
      // What was only read may be asked again; a write that was lost may have happened.
      const harmless = signature.kind !== 'write' || error.message.includes('failed to get conn');
      if (harmless) throw new TryAgain(error.message, { cause: error });
      throw new RpcError(`rpc error making call: ${error.message}`, 500, { cause: error });
    }
  }
}

/** Answers that say that nothing was done. */
const untried = ['No cluster leader', 'node is not the leader', 'leadership transfer in progress'];
