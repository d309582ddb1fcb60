/** Sends a whole snapshot to a server that fell too far behind (wire/raft, section 1, InstallSnapshot). */
import { once } from 'node:events';
import type net from 'node:net';
import { Decoder, encode, encodeTo, needMore, Writer } from '../../lib/msgpack/index.ts';
import { opened, type Sockets } from '../../lib/sockets.ts';
import type { Infer } from '../../structs/schema.ts';
import type { InstallSnapshot, Peer } from './core/messages.ts';
import { ChannelError } from './peer-channel.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import {
  addressBytes,
  ErrorText,
  InstallSnapshotRequest,
  InstallSnapshotResponse,
  PeerAddresses,
  protocolVersion,
  rpcTypes,
} from './wire.ts';

const rpcTimeoutMs = 10_000;
/** A snapshot has this much longer for every so many bytes. */
const bytesPerTimeout = 256 * 1024;
const keepAliveMs = 15_000;
const raftByte = 1;

interface SenderOptions {
  readonly sockets: Sockets;
  readonly self: Peer;
  readonly snapshots: SnapshotStore;
  readonly resolve: (peer: Peer) => string;
}

export class SnapshotSender {
  readonly #options: SenderOptions;
  readonly #sockets = new Set<net.Socket>();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** @param configuration as entries carry it */
  async send(message: InstallSnapshot, configuration: Uint8Array): Promise<Infer<typeof InstallSnapshotResponse>> {
    const { snapshots, resolve, self, sockets } = this.#options;
    const meta = snapshots.list().find((m) => m.index === message.lastIndex && m.term === message.lastTerm);
    if (meta === undefined) throw new ChannelError(`snapshot ${message.lastTerm}-${message.lastIndex} is gone`);
    const address = resolve(message.to);
    const at = address.lastIndexOf(':');
    const socket = sockets.connect({
      host: address.slice(0, at).replace(/^\[|\]$/g, ''),
      port: Number(address.slice(at + 1)),
      // All may have been sent when the other machine vanishes: nothing else would find that out.
      keepAlive: true,
      keepAliveInitialDelay: keepAliveMs,
    });
    this.#sockets.add(socket);
    socket.setTimeout(rpcTimeoutMs * Math.max(1, Math.floor(meta.sizeBytes / bytesPerTimeout)), () =>
      socket.destroy(new ChannelError('i/o timeout')),
    );
    try {
      await opened(socket);
      const voters = message.configuration.servers.filter((s) => s.suffrage === 'voter');
      const writer = new Writer();
      writer.byte(raftByte);
      writer.byte(rpcTypes.installSnapshot);
      encodeTo(writer, InstallSnapshotRequest, {
        ProtocolVersion: protocolVersion,
        SnapshotVersion: 1,
        Term: message.term,
        Leader: addressBytes(self.address),
        LastLogIndex: message.lastIndex,
        LastLogTerm: message.lastTerm,
        Peers: encode(
          PeerAddresses,
          voters.map((s) => addressBytes(s.address)),
        ),
        Configuration: configuration,
        ConfigurationIndex: message.configurationIndex,
        Size: meta.sizeBytes,
      });
      socket.write(writer.copy());
      const answer = readAnswer(socket);
      // It may fail while the next piece is being read, when nobody waits for it yet.
      answer.catch(() => {});
      for await (const chunk of snapshots.read(meta.id)) {
        if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), answer]);
      }
      return await answer;
    } finally {
      this.#sockets.delete(socket);
      socket.destroy();
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

async function readAnswer(socket: net.Socket): Promise<Infer<typeof InstallSnapshotResponse>> {
  const decoder = new Decoder();
  let errorText: string | null = null;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    decoder.push(chunk as Uint8Array);
    if (errorText === null) {
      const text = decoder.next(ErrorText);
      if (text === needMore) continue;
      errorText = text;
    }
    if (errorText !== '') throw new ChannelError(errorText);
    const body = decoder.next(InstallSnapshotResponse);
    if (body !== needMore) return body;
  }
  throw new ChannelError('EOF');
}
