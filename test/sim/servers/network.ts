/**
 * The network between whole servers. Raft's messages can be lost, late, out of order and doubled; calls travel on connections, which
 * break instead. Links are cut one way or both.
 */
import { asError } from '../../../src/agent/raft/errors.ts';
import { carriesMeta } from '../../../src/agent/rpc/codec.ts';
import type { ConnectionPool } from '../../../src/agent/rpc/pool.ts';
import {
  type Args,
  type MethodName,
  type Reply,
  type Signature,
  signatures,
} from '../../../src/agent/rpc/signatures.ts';
import { ConnectionError, RemoteError } from '../../../src/agent/rpc/stream-client.ts';
import { decode, encode } from '../../../src/lib/msgpack/index.ts';
import type { Stream } from '../prng.ts';
import type { Process, World } from '../world.ts';
import type { ServersOptions } from './options.ts';
import type { SimServer } from './server.ts';

/** Where nobody answers, dialling ends after this: early enough for a call that begins just before the calm to be prompt. */
const dialTimeoutMs = 1000;
/** A connection whose other end cannot be heard is given up after being looked at twice. */
const keepAliveMs = 1500;
const retransmitMs = 200;

export class Network {
  readonly world: World;
  readonly options: ServersOptions['network'];
  readonly random: Stream;
  /** The faults are over. */
  calm = false;
  /** `from>to` for each direction that nothing passes. */
  readonly cut = new Set<string>();
  readonly #servers: () => readonly SimServer[];

  constructor(world: World, options: ServersOptions['network'], servers: () => readonly SimServer[]) {
    this.world = world;
    this.options = options;
    this.random = world.stream('network');
    this.#servers = servers;
  }

  isCut(from: SimServer, to: SimServer): boolean {
    return this.cut.has(`${from.id}>${to.id}`);
  }

  at(address: string): SimServer | undefined {
    return this.#servers().find((server) => server.address === address);
  }

  delayMs(): number {
    return this.random.around(this.options.meanDelayMs);
  }

  /** One message of Raft's. `lost` is called when the sender could notice. */
  send(from: SimServer, to: SimServer, arrive: () => void, lost: () => void): void {
    const { loss, repeat } = this.options;
    const { process } = to;
    if (process === null || this.isCut(from, to) || (!this.calm && this.random.chance(loss))) {
      this.world.sometime('message lost');
      lost();
      return;
    }
    const copies = !this.calm && this.random.chance(repeat) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      this.world.after(this.delayMs(), () => (this.isCut(from, to) ? lost() : arrive()), process);
    }
  }

  /** What a server has instead of its pool of connections; ends with the process it was made for. */
  poolOf(from: SimServer): Pick<ConnectionPool, 'call'> {
    return { call: (address, method, args, signal) => this.#call(from, address, method, args, signal) };
  }

  #call<M extends MethodName>(
    from: SimServer,
    address: string,
    method: M,
    args: Args<M>,
    signal?: AbortSignal,
  ): Promise<Reply<M>> {
    const { world } = this;
    const caller = from.process;
    const to = this.at(address);
    const signature: Signature = signatures[method];
    return new Promise((resolve, reject) => {
      let over = false;
      const settle = (delayMs: number, finish: () => void): void => {
        world.after(
          delayMs,
          () => {
            if (over) return;
            over = true;
            finish();
          },
          caller,
        );
      };
      const fail = (delayMs: number, text: string): void => settle(delayMs, () => reject(new ConnectionError(text)));
      signal?.addEventListener('abort', () => settle(0, () => reject(signal.reason)));
      if (to === undefined || (to.process === null && !this.isCut(from, to))) {
        fail(this.delayMs(), 'rpc error getting client: failed to get conn: connection refused');
        return;
      }
      if (to.process === null || this.isCut(from, to) || this.isCut(to, from)) {
        fail(dialTimeoutMs, 'rpc error getting client: failed to get conn: i/o timeout');
        return;
      }
      const { process } = to;
      const breaks = !this.calm && this.random.chance(this.options.loss / 10) && this.random.pick(['before', 'after']);
      const bytes = encode(signature.args, args);
      const reply = (finish: () => void): void => {
        this.#carry(to, from, process, () => {
          if (breaks === 'after') fail(0, 'EOF');
          else settle(0, finish);
        });
      };
      this.#carry(from, to, process, () => {
        if (breaks === 'before') {
          fail(this.delayMs(), 'EOF');
          return;
        }
        void answer(to, method, decode(signature.args, bytes)).then(
          (body) => {
            if (method === 'Status.ReadIndex') world.sometime("follower reads by its leader's index");
            reply(() => resolve(decode(signature.reply, body) as Reply<M>));
          },
          (error) => reply(() => reject(new RemoteError(asError(error).message))),
        );
      });
      let silent = 0;
      const look = (): void => {
        if (over) return;
        if (to.process !== process) fail(this.delayMs(), 'EOF');
        silent = this.isCut(from, to) || this.isCut(to, from) ? silent + 1 : 0;
        if (silent > 1) {
          world.sometime('connection given up as dead');
          fail(0, 'keepalive timeout');
        }
        world.after(keepAliveMs, look, caller);
      };
      world.after(keepAliveMs, look, caller);
    });
  }

  /** Bytes on a connection: while nothing passes they are sent again and again. Nothing arrives at a process that has died. */
  #carry(from: SimServer, to: SimServer, process: Process, arrive: () => void, delayMs = this.delayMs()): void {
    this.world.after(
      delayMs,
      () => (this.isCut(from, to) ? this.#carry(from, to, process, arrive, retransmitMs) : arrive()),
      process,
    );
  }
}

/** The bytes of the answer, as the listener of a server makes them. */
async function answer(to: SimServer, method: MethodName, args: unknown): Promise<Uint8Array> {
  if (to.server === null) throw new Error('No cluster leader');
  const { reply, meta } = await to.server.call(method, args as never);
  const signature: Signature = signatures[method];
  return encode(signature.reply, carriesMeta(signature.reply) ? { ...(reply as object), ...meta } : reply);
}
