/** The real Serf agent and our pool in one pool: members, tags, events, queries and failures are seen on both sides. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Keyring } from '../../../src/agent/gossip/memberlist/keyring.ts';
import { broadcastTimeoutMs, consulSerf, consulVsn, profiles } from '../../../src/agent/gossip/profiles.ts';
import { encodeSerf, prefixed, Query } from '../../../src/agent/gossip/serf/messages.ts';
import { GossipPool } from '../../../src/agent/gossip/serf/pool.ts';
import { nodeRuntime } from '../../../src/lib/runtime-node.ts';
import { nodeSockets } from '../../../src/lib/sockets.ts';
import { freePort } from '../free-port.ts';

const run = promisify(execFile);
const loopback = Uint8Array.of(127, 0, 0, 1);

function hasSerf(): boolean {
  try {
    execFileSync('serf', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const silent = {
  named: () => silent,
  enabled: () => false,
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
/** Names of the metrics that said something. */
const measured = new Set<string>();
const measure = (name: string) => () => void measured.add(name);
const noted = { counter: measure, sample: measure, gauge: measure };

interface Seen {
  readonly members: string[];
  readonly events: string[];
}

async function ourPool(key: string | null): Promise<{ pool: GossipPool; seen: Seen }> {
  const seen: Seen = { members: [], events: [] };
  const ring = key === null ? null : new Keyring([Buffer.from(key, 'base64')]);
  const fast = { ...profiles.lan.memberlist, suspicionMult: 2, probeIntervalMs: 300, probeTimeoutMs: 150 };
  const pool: GossipPool = await GossipPool.start({
    memberlist: { ...fast, name: 'ours', addr: loopback, port: 0, vsn: consulVsn },
    serf: { ...consulSerf, name: 'ours', retransmitMult: 4, gossipIntervalMs: 200 },
    bindHost: '127.0.0.1',
    tcpTimeoutMs: 5000,
    broadcastTimeoutMs,
    leavePropagateDelayMs: 500,
    tags: { role: 'consul', dc: 'dc1' },
    security: ring === null ? null : { ring, verifyIncoming: true, verifyOutgoing: true },
    coordinates: true,
    sockets: nodeSockets,
    runtime: nodeRuntime,
    logger: silent,
    memberlistLogger: silent,
    metrics: noted,
    events: {
      onMember: (event, member) => seen.members.push(`${event} ${member.name}`),
      onUserEvent: (event) => seen.events.push(`${event.Name} ${Buffer.from(event.Payload ?? []).toString()}`),
      onQuery: (incoming) => pool.respond(incoming, Buffer.from(`hello ${incoming.query.Name}`)),
      veto: () => null,
      vetoAddress: () => false,
      vetoMerge: () => null,
      onKeyringChange: () => {},
    },
  });
  onTestFinished(() => pool.stop());
  return { pool, seen };
}

interface SerfAgent {
  readonly child: ChildProcess;
  readonly port: number;
  /** Payload of the last event `from-us`, undefined before. */
  readonly heard: () => string | undefined;
  readonly cli: (...args: string[]) => Promise<string>;
  readonly log: () => string;
}

async function serfAgent(key: string | null, name = 'theirs'): Promise<SerfAgent> {
  const [port, rpc] = [await freePort(), await freePort()];
  const heard = join(tmpdir(), `tc-serf-heard-${process.pid}-${port}`);
  onTestFinished(() => rmSync(heard, { force: true }));
  const args = [
    'agent',
    `-node=${name}`,
    `-bind=127.0.0.1:${port}`,
    `-rpc-addr=127.0.0.1:${rpc}`,
    '-tag',
    'role=web',
    '-profile=local',
    // Its payload comes on the standard input.
    `-event-handler=user:from-us=cat > ${heard}`,
  ];
  const child = spawn('serf', key === null ? args : [...args, `-encrypt=${key}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      log += text;
    });
  }
  onTestFinished(() => void child.kill('SIGKILL'));
  const cli = async (command: string, ...rest: string[]): Promise<string> =>
    (await run('serf', [command, `-rpc-addr=127.0.0.1:${rpc}`, ...rest])).stdout;
  await until(async () => (await cli('members').catch(() => '')).includes(name));
  const payload = (): string | undefined => (existsSync(heard) ? readFileSync(heard, 'utf8').trim() : undefined);
  return { child, port, heard: payload, cli: cli as SerfAgent['cli'], log: () => log };
}

async function until(check: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not so within ${timeoutMs} ms: ${check}`);
    await sleep(50);
  }
}

const key = Buffer.alloc(32, 7).toString('base64');

describe.runIf(hasSerf())('a pool with the real serf agent', () => {
  it.each([
    ['in plain text', null],
    ['encrypted', key],
  ])('works %s', { timeout: 60_000 }, async (_, secret) => {
    const theirs = await serfAgent(secret);
    const { pool, seen } = await ourPool(secret);
    expect(await pool.join([{ addr: loopback, port: theirs.port }], false)).toBe(1);

    // Members and tags, both ways.
    expect(pool.members().map((m) => [m.name, m.status, m.tags['role']])).toContainEqual(['theirs', 'alive', 'web']);
    await until(async () => /ours\s+127\.0\.0\.1:\d+\s+alive\s+.*role=consul/.test(await theirs.cli('members')));

    // Events, both ways.
    await theirs.cli('event', 'deploy', 'v1');
    await until(() => seen.events.includes('deploy v1'));
    pool.userEvent('from-us', Buffer.from('p'), false);
    await until(() => theirs.heard() === 'p');

    // Queries, both ways.
    const answered = await theirs.cli('query', '-timeout=2s', 'who');
    expect(answered).toContain("Response from 'ours': hello who");
    const acks: string[] = [];
    pool.query(
      { name: 'x', payload: null, wantAcks: true, relayFactor: 1, timeoutMs: 3000 },
      {
        onAck: (from) => acks.push(from),
        onResponse: () => {},
      },
    );
    await until(() => acks.includes('theirs') && acks.includes('ours'));

    // Tags change there, and here.
    await theirs.cli('tags', '-set', 'role=db');
    await until(() => pool.members().some((m) => m.name === 'theirs' && m.tags['role'] === 'db'));
    await pool.setTags({ role: 'consul', dc: 'dc2' });
    await until(async () => (await theirs.cli('members')).includes('dc=dc2'));

    // Round trip times become coordinates.
    await until(() => pool.peerCoordinate('theirs') !== undefined);

    // We leave: they see a goodbye, not a failure.
    await pool.leave();
    await until(async () => /ours\s.*\sleft\s/.test(await theirs.cli('members')));

    // All of it was measured, by the original's names.
    const serf = ['member.join', 'member.update', 'events', 'events.deploy', 'queries', 'queries.who', 'msgs.received'];
    const more = ['msgs.sent', 'coordinate.adjustment-ms'];
    const memberlist = ['msg.alive', 'udp.sent', 'udp.received', 'tcp.connect', 'tcp.sent'];
    const rest = ['probeNode', 'pushPullNode', 'health.score'];
    expect([...measured]).toEqual(
      expect.arrayContaining([
        ...[...serf, ...more].map((name) => `serf.${name}`),
        ...[...memberlist, ...rest].map((name) => `memberlist.${name}`),
      ]),
    );
  });

  it('sees the other fail, and leave', { timeout: 60_000 }, async () => {
    const theirs = await serfAgent(null);
    const { pool, seen } = await ourPool(null);
    await pool.join([{ addr: loopback, port: theirs.port }], false);
    theirs.child.kill('SIGKILL');
    await until(() => seen.members.includes('failed theirs'), 30_000);
  });

  it('is seen to fail by the other', { timeout: 60_000 }, async () => {
    const theirs = await serfAgent(null);
    const { pool } = await ourPool(null);
    await pool.join([{ addr: loopback, port: theirs.port }], false);
    await until(async () => /ours\s.*\salive\s/.test(await theirs.cli('members')));
    await pool.stop();
    await until(async () => /ours\s.*\sfailed\s/.test(await theirs.cli('members')), 30_000);
  });

  it('judges between two of the same name', { timeout: 60_000 }, async () => {
    const { pool } = await ourPool(null);
    const [first, second] = [await serfAgent(null, 'twin'), await serfAgent(null, 'twin')];
    const ended = (one: SerfAgent) => one.child.exitCode !== null;
    await first.cli('join', `127.0.0.1:${pool.port}`);
    await until(() => pool.members().some((m) => m.name === 'twin' && m.status === 'alive'));
    // The second asks everybody who is meant, and ends: it is not.
    await second.cli('join', `127.0.0.1:${pool.port}`).catch(() => '');
    await until(() => ended(second), 30_000);
    expect(second.log()).toMatch(/minority in name conflict resolution, quitt?ing \[0 \/ 1\]/);
    expect(ended(first)).toBe(false);
    expect(pool.members().find((m) => m.name === 'twin')).toMatchObject({ port: first.port, status: 'alive' });
  });

  it('survives queries that cannot be answered', async () => {
    const { pool } = await ourPool(null);
    const socket = dgram.createSocket('udp4');
    onTestFinished(() => void socket.close());
    const body = { ID: 1, Addr: loopback, Port: pool.port, SourceNode: 'x', Filters: null, Flags: 0, RelayFactor: 0 };
    const queries = ['_serf_list-keys', '_serf_conflict', '_serf_install-key'].map((Name, i) =>
      encodeSerf('query', Query, { LTime: 10 + i, ...body, Timeout: -1e9, Name, Payload: Uint8Array.of(7, 1) }),
    );
    for (const query of queries) {
      // As a packet of memberlist that carries something of its user's.
      await new Promise((done) => socket.send(prefixed(8, query), pool.port, '127.0.0.1', done));
    }
    await sleep(300);
    expect(pool.stats()['query_time']).toBe('13');
    pool.userEvent('still', null, false);
  });

  it('lets the other join us', { timeout: 60_000 }, async () => {
    const theirs = await serfAgent(null);
    const { pool } = await ourPool(null);
    expect(await theirs.cli('join', `127.0.0.1:${pool.port}`)).toContain('Successfully joined cluster');
    await until(() => pool.members().some((m) => m.name === 'theirs' && m.status === 'alive'));
    await theirs.cli('leave');
    await until(() => pool.members().some((m) => m.name === 'theirs' && m.status === 'left'));
  });
});
