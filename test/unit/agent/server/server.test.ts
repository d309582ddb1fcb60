/** A whole server - endpoints, state machine, consensus engine in memory - in time that the test moves. */

import { describe, expect, it } from 'vitest';
import type { Config } from '../../../../src/agent/config/config.ts';
import type { Member } from '../../../../src/agent/gossip/member.ts';
import { timingsFor } from '../../../../src/agent/raft/core/timings.ts';
import { MemoryLogStore } from '../../../../src/agent/raft/log-store-memory.ts';
import type { RaftNode } from '../../../../src/agent/raft/options.ts';
import { createRaft } from '../../../../src/agent/raft/raft.ts';
import { memorySnapshotStore } from '../../../../src/agent/raft/snapshot-store-memory.ts';
import type { Answer } from '../../../../src/agent/rpc/caller.ts';
import { Forwarder } from '../../../../src/agent/rpc/forwarder.ts';
import { ConnectionPool } from '../../../../src/agent/rpc/pool.ts';
import type { Args, MethodName, Reply } from '../../../../src/agent/rpc/signatures.ts';
import { createServer } from '../../../../src/agent/server/server.ts';
import type { LogFields, Logger } from '../../../../src/agent/telemetry/api.ts';
import { nodeSockets } from '../../../../src/lib/sockets.ts';
import { NodeService } from '../../../../src/structs/catalog.ts';
import { DirEntry } from '../../../../src/structs/kv.ts';
import { make } from '../../../../src/structs/make.ts';
import { Session } from '../../../../src/structs/session.ts';
import { TxnOp } from '../../../../src/structs/txn.ts';
import { silentMetrics } from '../../../silent.ts';
import { quietPool } from './fakes.ts';
import { manualRuntime } from './manual-runtime.ts';

const config = {
  datacenter: 'dc1',
  primaryDatacenter: 'dc1',
  defaultQueryTimeMs: 300_000,
  maxQueryTimeMs: 600_000,
  rpcHoldTimeoutMs: 7_000,
  sessionTtlMinMs: 10_000,
  bootstrapEntries: [],
  connect: { enabled: true, caProvider: 'consul', caConfig: {} },
  acl: { enabled: false },
  autopilot: {
    cleanupDeadServers: true,
    lastContactThresholdMs: 200,
    maxTrailingLogs: 250,
    minQuorum: 0,
    serverStabilizationTimeMs: 10_000,
  },
} as unknown as Config;

const own: Member = {
  name: 'one',
  address: '127.0.0.1',
  port: 8301,
  status: 'alive',
  tags: {
    role: 'consul',
    dc: 'dc1',
    id: '11111111-2222-4333-8444-555555555555',
    port: '8300',
    vsn: '2',
    build: '1.10.7',
    raft_vsn: '3',
  },
  protocol: { min: 1, max: 5, current: 2 },
  delegate: { min: 2, max: 5, current: 4 },
};

function recorder(lines: string[], name: string): Logger {
  const log =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${value}`);
      lines.push(`[${level}] ${name}: ${message}${pairs.length > 0 ? `:${pairs.join('')}` : ''}`);
    };
  return {
    named: (sub) => recorder(lines, name === '' ? sub : `${name}.${sub}`),
    enabled: () => true,
    trace() {},
    debug: log('DEBUG'),
    info: log('INFO'),
    warn: log('WARN'),
    error: log('ERROR'),
  };
}

interface StartOptions {
  readonly bootstrap?: boolean;
  readonly members?: Member[];
  readonly acl?: object;
}

async function start({ bootstrap = true, members = [own], acl = config.acl }: StartOptions = {}) {
  const runtime = manualRuntime();
  const lines: string[] = [];
  const logger = recorder(lines, 'agent');
  const server = { suffrage: 'voter' as const, id: own.tags['id'] as string, address: '127.0.0.1:8300' };
  let raft: RaftNode | undefined;
  const one = await createServer({
    tokens: { agentMaster: '', replication: '' },
    config: { ...config, acl } as Config,
    nodeId: server.id,
    nodeName: 'one',
    runtime,
    logger,
    metrics: silentMetrics,
    members: () => members,
    pools: { lan: () => quietPool, wan: () => null },
    forwarder: new Forwarder({
      pool: new ConnectionPool({ sockets: nodeSockets, clock: runtime.clock, maxStreams: 1, idleMs: 1000 }),
      random: runtime.random,
      datacenter: 'dc1',
      lan: () => members,
      wan: () => [],
      rttSeconds: () => Number.POSITIVE_INFINITY,
    }),
    async startRaft(fsm) {
      raft = await createRaft({
        id: server.id,
        address: server.address,
        storage: { store: new MemoryLogStore(), snapshots: memorySnapshotStore(runtime.clock.wallMs) },
        fsm,
        runtime,
        logger,
        metrics: silentMetrics,
        bootstrap: bootstrap ? { servers: [server] } : null,
        timings: timingsFor(1),
        snapshotIntervalMs: 30_000,
        snapshotThreshold: 16_384,
        trailingLogs: 10_240,
      });
      return raft;
    },
  });
  /** Lets the engine work: disk and state machine take turns of the event loop, elections take time. */
  const settle = async (turns = 20) => {
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const lead = async () => {
    for (let i = 0; i < 60 && !one.isLeader(); i++) {
      runtime.advance(100);
      await settle(4);
    }
    await settle(40);
  };
  const call = <M extends MethodName>(method: M, args: Partial<Args<M>>, signal?: AbortSignal) =>
    Promise.resolve().then(() => one.call(method, args, signal === undefined ? {} : { signal })) as Promise<
      Answer<Reply<M>>
    >;
  const put = (Key: string, value: string, more: Partial<DirEntry> = {}, Op = 'set') =>
    call('KVS.Apply', { Op, DirEnt: make(DirEntry, { Key, Value: Buffer.from(value), ...more }) });
  const value = async (Key: string) => {
    const { reply } = await call('KVS.Get', { Key });
    return reply.Entries === null ? null : Buffer.from(reply.Entries[0]?.Value ?? []).toString();
  };
  return { one, runtime, lines, settle, lead, call, put, value };
}

describe('a server', () => {
  it('says who leads and registers itself when it does', async () => {
    const { one, lead, call, lines } = await start();
    await lead();
    expect(one.leaderAddress()).toBe('127.0.0.1:8300');
    expect((await call('Status.Leader', {})).reply).toBe('127.0.0.1:8300');
    expect((await call('Status.Peers', {})).reply).toEqual(['127.0.0.1:8300']);
    const { reply } = await call('Health.ServiceNodes', { ServiceName: 'consul' });
    expect(reply.Nodes).toMatchObject([
      {
        Node: { Node: 'one', Address: '127.0.0.1', Datacenter: 'dc1', ID: own.tags['id'] },
        Service: {
          ID: 'consul',
          Port: 8300,
          Tags: null,
          Weights: { Passing: 1, Warning: 1 },
          Meta: {
            non_voter: 'false',
            raft_version: '3',
            read_replica: 'false',
            serf_protocol_current: '2',
            serf_protocol_max: '5',
            serf_protocol_min: '1',
            version: '1.10.7',
          },
        },
        Checks: [
          { CheckID: 'serfHealth', Name: 'Serf Health Status', Status: 'passing', Output: 'Agent alive and reachable' },
        ],
      },
    ]);
    expect((await call('Operator.AutopilotGetConfiguration', {})).reply).toMatchObject({ LastContactThreshold: 2e8 });
    const seen = lines.filter((line) => line.includes('agent.server:'));
    expect(seen).toEqual([
      '[INFO] agent.server: cluster leadership acquired',
      '[INFO] agent.server: New leader elected: payload=one',
      '[INFO] agent.server: member joined, marking health alive: member=one',
    ]);
    await one.stop();
  });

  it('keeps its hands off what is already as it should be when it reconciles again', async () => {
    const { one, lead, runtime, settle, call } = await start();
    await lead();
    const before = one.raftStats().lastLogIndex;
    runtime.advance(61_000);
    await settle();
    expect(one.raftStats().lastLogIndex).toBe(before);
    expect((await call('Catalog.ListNodes', {})).reply.Nodes).toHaveLength(1);
    await one.stop();
  });

  it('holds calls while there is no leader, and lets them through when there is', async () => {
    const { one, lead, put, value } = await start();
    const written = put('k', 'v');
    const read = value('other');
    await lead();
    expect((await written).reply).toBe(false);
    expect(await read).toBeNull();
    expect(await value('k')).toBe('v');
    await one.stop();
  });

  it('says that there is no leader after seven seconds', async () => {
    const { one, runtime, settle, put, value } = await start({ bootstrap: false });
    const outcomes = Promise.allSettled([put('k', 'v'), value('k')]);
    await settle(2);
    runtime.advance(7_100);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'No cluster leader', status: 500 } });
    }
    await one.stop();
  });

  it('answers a hot read at once, without a promise, and with the very same object', async () => {
    const { one, lead, put } = await start();
    await lead();
    await put('k', 'v');
    const first = one.call('KVS.Get', { Key: 'k' });
    expect(first).not.toBeInstanceOf(Promise);
    expect(one.call('KVS.Get', { Key: 'k', RequireConsistent: true })).toBe(first);
    expect(one.call('KVS.Get', { Key: 'k', AllowStale: true, Token: 'anybody' })).toBe(first);
    await one.stop();
  });

  it('refuses other datacenters, unknown methods and bad requests with the recorded texts', async () => {
    const { one, lead, call, put } = await start();
    await lead();
    await expect(call('KVS.Get', { Key: 'k', Datacenter: 'dc2' })).rejects.toThrow('No path to datacenter');
    await expect(call('Nope.Nope' as MethodName, {})).rejects.toThrow("rpc: can't find method Nope.Nope");
    await expect(put('', 'v')).rejects.toThrow('Must provide key');
    const id = '99999999-0000-4000-8000-000000000000';
    await expect(put('k', 'v', { Session: id }, 'lock')).rejects.toThrow(`raft apply failed: invalid session "${id}"`);
    await expect(call('Session.Get', { SessionID: 'bad-uuid' })).rejects.toThrow(
      'failed session lookup: index error: UUID must be 36 characters',
    );
    const ttl = (TTL: string) => call('Session.Apply', { Op: 'create', Session: make(Session, { Node: 'one', TTL }) });
    await expect(ttl('5s')).rejects.toThrow("Invalid Session TTL '5000000000', must be between [10s=24h0m0s]");
    await expect(ttl('abc')).rejects.toThrow(`Session TTL 'abc' invalid: time: invalid duration "abc"`);
    const missing = call('Session.Apply', { Op: 'create', Session: make(Session, { Node: 'x' }) });
    await expect(missing).rejects.toThrow('apply failed: Missing node registration');
    const proxy = make(NodeService, { Service: 's', Kind: 'connect-proxy' });
    await expect(call('Catalog.Register', { Node: 'x', Address: '1.1.1.1', Service: proxy })).rejects.toThrow(
      '2 errors occurred:\n\t* Proxy.DestinationServiceName must be non-empty for Connect proxy services\n' +
        '\t* Port or SocketPath must be set for a Connect proxy\n\n',
    );
    await expect(call('Catalog.ListNodes', { Filter: 'Node ==' })).rejects.toThrow('no match found, expected:');
    await one.stop();
  });

  it('ends a session that nobody renews after twice its TTL, and not one that is renewed', async () => {
    const { one, lead, runtime, settle, call } = await start();
    await lead();
    const create = async () =>
      (await call('Session.Apply', { Op: 'create', Session: make(Session, { Node: 'one', TTL: '10s' }) })).reply;
    const [left, renewed] = [await create(), await create()];
    runtime.advance(15_000);
    await call('Session.Renew', { SessionID: renewed });
    runtime.advance(6_000);
    await settle();
    const { reply } = await call('Session.List', {});
    expect(reply.Sessions?.map((session) => session.ID)).toEqual([renewed]);
    expect((await call('Session.Renew', { SessionID: left })).reply.Sessions).toBeNull();
    await one.stop();
  });

  it('refuses a lock during the delay after its holder was invalidated', async () => {
    const { one, lead, runtime, call, put } = await start();
    await lead();
    const create = async (LockDelay: number) =>
      (await call('Session.Apply', { Op: 'create', Session: make(Session, { Node: 'one', LockDelay }) })).reply;
    const [first, second] = [await create(1e9), await create(0)];
    expect((await put('lock', 'a', { Session: first }, 'lock')).reply).toBe(true);
    await call('Session.Apply', { Op: 'destroy', Session: make(Session, { ID: first }) });
    expect((await put('lock', 'b', { Session: second }, 'lock')).reply).toBe(false);
    const op = make(TxnOp, {
      KV: { Verb: 'lock', DirEnt: make(DirEntry, { Key: 'lock', Session: second }) },
    });
    expect((await call('Txn.Apply', { Ops: [op] })).reply).toEqual({
      Results: null,
      Errors: [{ OpIndex: 0, What: 'failed to lock key "lock" due to lock delay' }],
    });
    runtime.advance(1_100);
    expect((await put('lock', 'b', { Session: second }, 'lock')).reply).toBe(true);
    await one.stop();
  });

  it('wakes a blocking query by the write it waits for', async () => {
    const { one, lead, call, put, settle } = await start();
    await lead();
    await put('k', '1');
    const { meta } = await call('KVS.Get', { Key: 'k' });
    let answered = false;
    const waiting = call('KVS.Get', { Key: 'k', MinQueryIndex: meta.Index }).finally(() => {
      answered = true;
    });
    await put('beside', 'x');
    await settle(3);
    expect(answered).toBe(false);
    await put('k', '2');
    expect((await waiting).reply.Entries).toMatchObject([{ Value: Buffer.from('2') }]);
    await one.stop();
  });

  it('saves an archive and goes back to it, waking everybody', async () => {
    const { one, lead, call, put, value, settle } = await start();
    await lead();
    await put('k', 'saved');
    const { archive } = await one.saveSnapshot();
    const bytes = Buffer.concat(await Array.fromAsync(archive));
    await put('k', 'changed');
    await put('new', 'x');
    const { meta } = await call('KVS.Get', { Key: 'k' });
    const waiting = call('KVS.Get', { Key: 'k', MinQueryIndex: meta.Index });
    await one.restoreSnapshot(
      (async function* () {
        yield bytes;
      })(),
    );
    expect((await waiting).reply.Entries).toMatchObject([{ Value: Buffer.from('saved') }]);
    expect([await value('k'), await value('new')]).toEqual(['saved', null]);
    await put('after', 'y');
    expect(await value('after')).toBe('y');
    await settle();
    await expect(
      one.restoreSnapshot(
        (async function* () {
          yield Buffer.from('no archive at all');
        })(),
      ),
    ).rejects.toThrow('failed to decompress snapshot: gzip: invalid header');
    expect(await value('after')).toBe('y');
    await one.stop();
  });

  it('has its master token again when a restore is done, though the archive knows none', async () => {
    const elsewhere = await start();
    await elsewhere.lead();
    const { archive } = await elsewhere.one.saveSnapshot();
    const tokens = { master: 'a3f4c0de-0000-4000-8000-00000000face' };
    const { one, lead, call, settle } = await start({ acl: { enabled: true, defaultPolicy: 'deny', tokens } });
    await lead();
    await settle();
    const asMaster = () =>
      call('ACL.TokenRead', { TokenID: tokens.master, TokenIDType: 'secret', Token: tokens.master });
    expect((await asMaster()).reply.Token?.Description).toBe('Master Token');
    await one.restoreSnapshot(archive);
    expect((await asMaster()).reply.Token?.Description).toBe('Master Token');
    await Promise.all([one.stop(), elsewhere.one.stop()]);
  });

  it('registers members that join, marks those that fail, and removes those that left', async () => {
    const other = (status: Member['status']): Member => ({
      ...own,
      name: 'two',
      address: '127.0.0.2',
      status,
      tags: { role: 'node' },
    });
    const { one, lead, call, settle } = await start();
    await lead();
    const checks = async () => (await call('Health.NodeChecks', { Node: 'two' })).reply.HealthChecks;
    one.memberChanged(other('alive'));
    await settle();
    expect(await checks()).toMatchObject([{ CheckID: 'serfHealth', Status: 'passing' }]);
    one.memberChanged(other('failed'));
    await settle();
    expect(await checks()).toMatchObject([{ Status: 'critical', Output: 'Agent not live or unreachable' }]);
    one.memberChanged(other('left'));
    await settle();
    expect((await call('Catalog.NodeServices', { Node: 'two' })).reply.NodeServices).toBeNull();
    await one.stop();
  });

  it('leaves no timer and no waiting call behind when it stops', async () => {
    const { one, lead, call, runtime } = await start();
    await lead();
    const waiting = Promise.allSettled([call('KVS.Get', { Key: 'k', MinQueryIndex: 999 })]);
    await Promise.resolve();
    await one.stop();
    expect(await waiting).toMatchObject([{ status: 'rejected', reason: { message: 'agent is shutting down' } }]);
    await expect(call('KVS.Get', { Key: 'k' })).rejects.toThrow('agent is shutting down');
    expect(runtime.pending()).toBe(0);
  });
});
