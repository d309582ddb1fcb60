/** What comes in on Raft's connections. */
import { readFileSync } from 'node:fs';
import type net from 'node:net';
import { duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { configurationCodec } from '../../../../src/agent/raft/configuration-codec.ts';
import type { AppendEntries, InstallSnapshot } from '../../../../src/agent/raft/core/messages.ts';
import type { RaftNode } from '../../../../src/agent/raft/options.ts';
import { RaftServerSide } from '../../../../src/agent/raft/server-side.ts';
import {
  AppendEntriesRequest,
  addressBytes,
  InstallSnapshotRequest,
  protocolVersion,
  rpcTypes,
  TimeoutNow,
  TimeoutNowInTerm,
} from '../../../../src/agent/raft/wire.ts';
import { encodeTo, Writer } from '../../../../src/lib/msgpack/index.ts';
import { nodeRuntime } from '../../../../src/lib/runtime-node.ts';
import { silentLogger } from '../../../silent.ts';

const installSnapshot = (size: number): Uint8Array => {
  const writer = new Writer();
  writer.byte(rpcTypes.installSnapshot);
  encodeTo(writer, InstallSnapshotRequest, {
    ProtocolVersion: protocolVersion,
    SnapshotVersion: 1,
    Term: 2,
    Leader: addressBytes('10.0.0.1:8300'),
    LastLogIndex: 7,
    LastLogTerm: 2,
    Peers: null,
    Configuration: configurationCodec.encode({ servers: [] }),
    ConfigurationIndex: 1,
    Size: size,
  });
  return writer.copy();
};

const heartbeat = (): Uint8Array => {
  const writer = new Writer();
  writer.byte(rpcTypes.appendEntries);
  encodeTo(writer, AppendEntriesRequest, {
    ProtocolVersion: protocolVersion,
    Term: 2,
    Leader: addressBytes('10.0.0.1:8300'),
    PrevLogEntry: 0,
    PrevLogTerm: 0,
    Entries: null,
    LeaderCommitIndex: 0,
  });
  return writer.copy();
};

const serverSide = (node: RaftNode): RaftServerSide =>
  new RaftServerSide({
    self: { id: 'b', address: '10.0.0.2:8300' },
    node: () => node,
    onClosed: () => {},
    clock: nodeRuntime.clock,
    logger: silentLogger,
  });

it('knows its leader by id as soon as the configuration names it', async () => {
  const [theirs, ours] = duplexPair();
  const servers: { id: string; address: string }[] = [];
  const heard: string[] = [];
  const node = {
    stats: () => ({ configuration: { servers } }),
    receive(message: AppendEntries): void {
      heard.push(message.from.id);
      const { from, to, term, echo } = message;
      const result = { from: to, to: from, term, lastLogIndex: 0, success: true, noRetryBackoff: false, echo };
      side.answer({ kind: 'appendResult', ...result });
    },
  } as unknown as RaftNode;
  const side = serverSide(node);
  side.serve(ours as net.Socket, new Uint8Array(0));
  theirs.write(heartbeat());
  await turn();
  servers.push({ id: 'a', address: '10.0.0.1:8300' });
  theirs.write(heartbeat());
  await turn();
  expect(heard).toEqual(['', 'a']);
  side.close();
});

it.each([
  ['of ours', { ProtocolVersion: 3, Term: 7 }, 7],
  ['that does not say its term', { ProtocolVersion: 3 }, 0],
])('takes the wish of a leader %s to be succeeded', async (_, body, term) => {
  const [theirs, ours] = duplexPair();
  const heard: unknown[] = [];
  const side = serverSide({ receive: (message: unknown) => heard.push(message) } as unknown as RaftNode);
  side.serve(ours as net.Socket, new Uint8Array(0));
  const writer = new Writer();
  writer.byte(rpcTypes.timeoutNow);
  if ('Term' in body) encodeTo(writer, TimeoutNowInTerm, body as { ProtocolVersion: number; Term: number });
  else encodeTo(writer, TimeoutNow, body);
  theirs.write(writer.copy());
  await turn();
  expect(heard).toMatchObject([{ kind: 'timeoutNow', term }]);
  side.close();
});

it('loses nothing of a snapshot that comes faster than it is taken', async () => {
  const [theirs, ours] = duplexPair();
  const received: Uint8Array[] = [];
  let done = false;
  const node = {
    stats: () => ({ configuration: { servers: [] } }),
    async receiveSnapshot(_: InstallSnapshot, stream: AsyncIterable<Uint8Array>): Promise<void> {
      // The file is made first, and every write takes time.
      for (let i = 0; i < 5; i++) await turn();
      for await (const chunk of stream) {
        received.push(chunk);
        for (let i = 0; i < 5; i++) await turn();
      }
      done = true;
    },
  } as unknown as RaftNode;
  const side = serverSide(node);
  side.serve(ours as net.Socket, new Uint8Array(0));
  const body = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i % 251));
  theirs.write(Buffer.concat([installSnapshot(body.length), body.subarray(0, 100)]));
  for (let at = 100; at < body.length; at += 1000) {
    theirs.write(body.subarray(at, at + 1000));
    await turn();
  }
  for (let i = 0; i < 500 && !done; i++) await turn();
  expect(Buffer.concat(received).equals(body)).toBe(true);
  side.close();
});

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly decoded: { readonly connection?: string; readonly response_hex?: string };
}
const vectors = JSON.parse(
  readFileSync(new URL('../../../data/vectors/raft.json', import.meta.url), 'utf8'),
) as readonly Vector[];

it.each(vectors.filter(({ name }) => /^malformed|unsupported/.test(name)).map((v) => [v.name, v] as const))(
  'does with %s as recorded',
  async (_, { hex, decoded }) => {
    const [theirs, ours] = duplexPair();
    const node = { stats: () => ({ configuration: { servers: [] } }), receive: () => {} } as unknown as RaftNode;
    const side = serverSide(node);
    side.serve(ours as net.Socket, new Uint8Array(0));
    const answers: Buffer[] = [];
    theirs.on('data', (bytes) => answers.push(bytes));
    theirs.write(Buffer.from(hex, 'hex'));
    await turn();
    await turn();
    expect(Buffer.concat(answers).toString('hex')).toBe(decoded.response_hex ?? '');
    expect(ours.destroyed).toBe(decoded.connection?.startsWith('closed') ?? false);
    side.close();
  },
);
