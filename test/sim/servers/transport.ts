/** Raft's transport on the simulated network, for one life of a server. */
import type { InstallSnapshot, Message, Peer } from '../../../src/agent/raft/core/messages.ts';
import type { RaftNode, Transport } from '../../../src/agent/raft/options.ts';
import type { SnapshotStore } from '../../../src/agent/raft/snapshot-store.ts';
import type { Process } from '../world.ts';
import type { Network } from './network.ts';
import type { SimServer } from './server.ts';

const rpcTimeoutMs = 2000;
const snapshotTimeoutMs = 10_000;

export class SimTransport implements Transport {
  readonly #network: Network;
  readonly #self: SimServer;
  readonly #process: Process;
  readonly #snapshots: SnapshotStore;
  node: RaftNode | null = null;

  constructor(network: Network, self: SimServer, process: Process, snapshots: SnapshotStore) {
    this.#network = network;
    this.#self = self;
    this.#process = process;
    this.#snapshots = snapshots;
  }

  send(message: Message): void {
    if (!this.#process.alive) return;
    const to = this.#network.at(message.to.address);
    if (to === undefined) return;
    if (message.kind === 'installSnapshot') {
      void this.#sendSnapshot(to, message);
      return;
    }
    const expectsAnswer = message.kind === 'appendEntries';
    let heard = false;
    const lost = (): void => {
      if (expectsAnswer) this.#unreachable(message.to, this.#network.random.around(50), () => heard);
    };
    const arrive = (): void => {
      if (message.kind === 'appendResult') answers.get(message.echo)?.();
      to.raft?.receive(withoutDecoded(message));
    };
    if (expectsAnswer) {
      answers.set(message.echo, () => {
        heard = true;
      });
      this.#unreachable(message.to, rpcTimeoutMs, () => heard);
    }
    this.#network.send(this.#self, to, arrive, lost);
  }

  #unreachable(peer: Peer, delayMs: number, heard: () => boolean): void {
    this.#network.world.after(
      delayMs,
      () => {
        if (!heard()) this.node?.unreachable(peer.id);
      },
      this.#process,
    );
  }

  /** The bytes travel beside the message, and the way can end in their midst. */
  async #sendSnapshot(to: SimServer, message: InstallSnapshot): Promise<void> {
    const network = this.#network;
    const meta = this.#snapshots.list().find((m) => m.index === message.lastIndex && m.term === message.lastTerm);
    let done = false;
    const failed = (): void => this.#unreachable(message.to, network.random.around(50), () => done);
    if (meta === undefined) return failed();
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#snapshots.read(meta.id)) chunks.push(chunk.slice());
    this.#unreachable(message.to, snapshotTimeoutMs, () => done);
    const breaks =
      !network.calm && network.random.chance(network.options.loss) ? network.random.int(chunks.length) : -1;
    const arrive = (): void => {
      const { process } = to;
      if (process === null || to.raft === null) return failed();
      const stream = async function* (): AsyncGenerator<Uint8Array> {
        for (const [at, chunk] of chunks.entries()) {
          await process.wait(network.delayMs() / 4);
          if (at === breaks) throw new Error('unexpected EOF');
          yield chunk;
        }
      };
      to.raft.receiveSnapshot(message, stream()).then(
        () => {
          done = true;
        },
        () => {
          network.world.sometime('snapshot broken off on its way');
          failed();
        },
      );
    };
    network.send(this.#self, to, arrive, failed);
  }
}

/** Requests under way, by what their answer will carry. */
const answers = new WeakMap<object, () => void>();

/** What goes over a wire is bytes: nothing decoded comes along. */
export function withoutDecoded(message: Message): Message {
  if (message.kind !== 'appendEntries' || message.entries === null) return message;
  return { ...message, entries: message.entries.map((entry) => ({ ...entry, decoded: undefined })) };
}
