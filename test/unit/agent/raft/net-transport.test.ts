/** Raft's messages on their way out. */
import type net from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { InstallSnapshot } from '../../../../src/agent/raft/core/messages.ts';
import { NetTransport } from '../../../../src/agent/raft/net-transport.ts';
import type { RaftNode } from '../../../../src/agent/raft/options.ts';
import type { SnapshotStore } from '../../../../src/agent/raft/snapshot-store.ts';
import type { Sockets } from '../../../../src/lib/sockets.ts';
import { silentLogger } from '../../../silent.ts';
import { manualRuntime } from '../server/manual-runtime.ts';

const self = { id: 'a', address: '10.0.0.1:8300' };
const to = { id: 'b', address: '10.0.0.2:8300' };

it('sends a snapshot once at a time, and again when that failed', async () => {
  const connections: Duplex[] = [];
  const sockets = {
    connect: () => {
      const [ours, theirs] = duplexPair();
      theirs.resume();
      connections.push(ours);
      setImmediate(() => ours.emit('connect'));
      return Object.assign(ours, { setTimeout: () => {} }) as unknown as net.Socket;
    },
  } as unknown as Sockets;
  const snapshots = {
    list: () => [{ id: 's', index: 7, term: 2, sizeBytes: 5 }],
    read: async function* () {
      yield Buffer.from('state');
    },
  } as unknown as SnapshotStore;
  const places = { b: '10.0.0.2:8300' };
  const transport = new NetTransport({
    ...{ self, snapshots, sockets, plainSockets: sockets, knowsPreVote: () => true },
    ...{ resolve: () => places.b, clock: manualRuntime().clock, logger: silentLogger },
  });
  const unreachable: string[] = [];
  transport.attach({ unreachable: (id: string) => unreachable.push(id) } as unknown as RaftNode);
  const message: InstallSnapshot = {
    ...{ kind: 'installSnapshot', from: self, to, term: 3, lastIndex: 7, lastTerm: 2 },
    ...{ configuration: { servers: [] }, configurationIndex: 1 },
    echo: { term: 3, round: 0, sentMs: 0, prevIndex: 0, lastIndex: 7 },
  };
  transport.send(message);
  await turn();
  transport.send(message);
  await turn();
  expect(connections).toHaveLength(1);
  // The server is somewhere else now: what goes to the old place says nothing any more.
  places.b = '10.0.0.9:8300';
  transport.send(message);
  await turn();
  expect(connections).toHaveLength(2);
  connections[1]!.destroy(new Error('reset'));
  await turn();
  await turn();
  expect(unreachable).toEqual(['b']);
  transport.send(message);
  await turn();
  expect(connections).toHaveLength(3);
  transport.close();
});
