/** Three engines on real connections: election, replication, failover, a follower that needs a snapshot. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Configuration, Fsm, LogEntry } from '../../../src/agent/raft/api.ts';
import { timingsFor } from '../../../src/agent/raft/core/timings.ts';
import { NetTransport } from '../../../src/agent/raft/net-transport.ts';
import type { RaftNode } from '../../../src/agent/raft/options.ts';
import { createRaft } from '../../../src/agent/raft/raft.ts';
import { memoryStorage } from '../../../src/agent/raft/storage.ts';
import { listenRpc, type RpcListener } from '../../../src/agent/rpc/listener.ts';
import type { Logger } from '../../../src/agent/telemetry/api.ts';
import { nodeRuntime } from '../../../src/lib/runtime-node.ts';
import { nodeSockets } from '../../../src/lib/sockets.ts';
import { plainTls } from '../../unit/agent/tls/fixtures.ts';

const silent: Logger = {
  named: () => silent,
  enabled: () => false,
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
const noMetrics = { counter: () => () => {}, sample: () => () => {}, gauge: () => () => {} };

/** Remembers every command in order. */
class ListFsm implements Fsm {
  commands: string[] = [];
  apply(entries: readonly LogEntry[]): unknown[] {
    for (const entry of entries) this.commands.push(Buffer.from(entry.data).toString());
    return entries.map((entry) => entry.index);
  }
  snapshot() {
    const frozen = JSON.stringify(this.commands);
    return {
      async *write() {
        yield Buffer.from(frozen);
      },
      release() {},
    };
  }
  async restore(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const parts: Uint8Array[] = [];
    for await (const part of stream) parts.push(part);
    this.commands = JSON.parse(Buffer.concat(parts).toString());
  }
}

interface Server {
  readonly id: string;
  readonly address: string;
  readonly fsm: ListFsm;
  readonly raft: RaftNode;
  readonly stop: () => Promise<void>;
}

interface Place {
  readonly id: string;
  listener: RpcListener;
  transport: NetTransport | null;
}

const noRpc = (): never => {
  throw new Error('none');
};

async function listen(id: string): Promise<Place> {
  const place: Place = { id, listener: undefined as never, transport: null };
  place.listener = await listenRpc({
    host: '127.0.0.1',
    port: 0,
    handshakeTimeoutMs: 5000,
    maxConnsPerClient: () => 1000,
    tls: plainTls(),
    datacenter: 'dc1',
    dispatch: noRpc,
    dispatchEnrolment: noRpc,
    onRaft: (socket, rest) => {
      if (place.transport === null) socket.destroy();
      else place.transport.accept(socket, rest);
    },
    onSnapshot: (socket) => socket.destroy(),
    onGrpc: null,
    sockets: nodeSockets,
    clock: nodeRuntime.clock,
    logger: silent,
  });
  return place;
}

async function start(place: Place, configuration: Configuration | null): Promise<Server> {
  const address = `127.0.0.1:${place.listener.port}`;
  const storage = memoryStorage(nodeRuntime.clock);
  const transport = new NetTransport({
    self: { id: place.id, address },
    snapshots: storage.snapshots,
    resolve: (peer) => peer.address,
    knowsPreVote: () => true,
    sockets: nodeSockets,
    plainSockets: nodeSockets,
    clock: nodeRuntime.clock,
    logger: silent,
  });
  const fsm = new ListFsm();
  const raft = await createRaft({
    id: place.id,
    address,
    storage,
    fsm,
    runtime: nodeRuntime,
    logger: silent,
    metrics: noMetrics,
    bootstrap: configuration,
    timings: timingsFor(1),
    snapshotIntervalMs: 3_600_000,
    snapshotThreshold: 1_000_000,
    trailingLogs: 5,
    transport,
    preVote: true,
  });
  transport.attach(raft);
  place.transport = transport;
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await raft.stop();
    transport.close();
    await place.listener.close();
  };
  onTestFinished(stop);
  return { id: place.id, address, fsm, raft, stop };
}

async function until<T>(check: () => T | undefined | false, timeoutMs = 15_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = check();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`not so within ${timeoutMs} ms: ${check}`);
    await sleep(20);
  }
}

const leaderOf = (servers: readonly Server[]): Server | undefined => servers.find((s) => s.raft.leadership.isLeader);

it('three servers elect, replicate, survive their leader and catch up by snapshot', { timeout: 60_000 }, async () => {
  const places = await Promise.all(['a', 'b', 'c'].map(listen));
  const [first, second, third] = places as [Place, Place, Place];
  const addressOf = ({ listener }: Place): string => `127.0.0.1:${listener.port}`;
  const configuration: Configuration = {
    servers: [first, second].map((p) => ({ suffrage: 'voter', id: p.id, address: addressOf(p) })),
  };
  const servers = [await start(first, configuration), await start(second, configuration)];
  const leader = await until(() => leaderOf(servers));
  // It leads once all that founded the cluster have its first entry.
  await until(() => leader.raft.commitIndex > 1);

  const expected = Array.from({ length: 500 }, (_, i) => `command ${i}`);
  await Promise.all(expected.map((text) => leader.raft.propose(Buffer.from(text))));
  for (const server of servers) await until(() => server.fsm.commands.length === 500);
  for (const server of servers) expect(server.fsm.commands).toEqual(expected);
  await leader.raft.verifyLeader();

  // The third comes when the log no longer reaches back to its beginning.
  await leader.raft.changeConfiguration({ kind: 'addVoter', id: third.id, address: addressOf(third) });
  await leader.raft.takeSnapshot();
  const late = await start(third, null);
  await until(() => late.fsm.commands.length === 500);
  expect(late.fsm.commands).toEqual(expected);
  expect(late.raft.stats().lastSnapshotIndex).toBeGreaterThan(0);

  // The leader goes; the others go on, without waiting for its silence.
  await leader.stop();
  const goneAt = performance.now();
  const rest = [...servers.filter((s) => s !== leader), late];
  const next = await until(() => leaderOf(rest));
  await next.raft.propose(Buffer.from('after'));
  // About 300 ms; with room for a busy machine.
  expect(performance.now() - goneAt).toBeLessThan(2_000);
  for (const server of rest) await until(() => server.fsm.commands.at(-1) === 'after');
});
