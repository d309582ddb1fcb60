/** Three of five servers are lost, one of them by a damaged disk; the others come back at new addresses, with all data. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { tc as tcFile } from '../agent-process.ts';
import { tc } from '../cli/tc.ts';
import { freePorts } from '../free-port.ts';
import { suite, suiteHeaders } from '../security.ts';

interface Server {
  readonly ip: string;
  readonly dataDir: string;
  readonly http: number;
  readonly rpc: number;
  readonly lan: number;
}

const count = 5;

/** @param network all of them have addresses in it */
async function servers(folder: string, network: string): Promise<Server[]> {
  const ports = await freePorts(3 * count);
  return Array.from({ length: count }, (_, i) => {
    const [http, rpc, lan] = ports.slice(3 * i, 3 * i + 3) as [number, number, number];
    return { ip: `${network}.${i + 1}`, dataDir: join(folder, `s${i}`), http, rpc, lan };
  });
}

function launch({ ip, dataDir, http, rpc, lan }: Server, join: Server): ChildProcess {
  const ports = ['-http-port', http, '-server-port', rpc, '-serf-lan-port', lan, '-serf-wan-port', -1, '-dns-port', -1];
  const mode = ['-server', `-bootstrap-expect=${count}`, '-data-dir', dataDir, '-bind', ip];
  const more = [
    '-node',
    `n${rpc}`,
    '-retry-join',
    `${join.ip}:${join.lan}`,
    '-retry-interval=1s',
    '-hcl',
    'performance { raft_multiplier = 1 }',
  ];
  // All of them are on one machine here: none may take its id from that.
  return spawn(
    tcFile,
    ['agent', ...mode, ...ports, ...more, '-disable-host-node-id=true', ...(suite?.args(true) ?? [])].map(String),
    {
      stdio: 'ignore',
    },
  );
}

async function until(what: string, check: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (await check().catch(() => false)) return;
    await sleep(100);
  }
  throw new Error(`never: ${what}`);
}

const ask = async ({ http }: Server, path: string, init: RequestInit = {}): Promise<string> =>
  (
    await fetch(`http://127.0.0.1:${http}${path}`, {
      ...init,
      headers: suiteHeaders,
      signal: AbortSignal.timeout(2000),
    })
  ).text();
const hasLeader = (server: Server): Promise<void> =>
  until('a leader', async () => (await ask(server, '/v1/status/leader')).length > 3);

/** What is read, and is more than a look into the tables. */
async function answersWithoutLeader({ http }: Server): Promise<void> {
  const get = { KV: { Verb: 'get', Key: 'drill/7' } };
  const asked: readonly (readonly [string, string, string?])[] = [
    ['GET', 'operator/raft/configuration'],
    ['GET', 'operator/autopilot/configuration'],
    ['GET', 'query/drill/execute'],
    ['GET', 'query/drill/explain'],
    ['PUT', 'txn', JSON.stringify([get])],
  ];
  for (const [method, path, body = null] of asked) {
    const signal = AbortSignal.timeout(2000);
    const answer = await fetch(`http://127.0.0.1:${http}/v1/${path}?stale`, {
      method,
      headers: suiteHeaders,
      body,
      signal,
    });
    expect([path, answer.status, await answer.text()]).toEqual([path, 200, expect.stringMatching(/^[[{].+/s)]);
  }
}

async function stop(children: readonly ChildProcess[]): Promise<void> {
  const ended = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of ended) child.kill('SIGKILL');
  await Promise.all(ended.map((child) => once(child, 'exit')));
}

it('tc operator recover brings back what is left of a cluster', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tc-recover-'));
  const before = await servers(folder, '127.10.0');
  const children = before.map((server) => launch(server, before[0]!));
  try {
    await hasLeader(before[0]!);
    const list = async () => JSON.parse(await ask(before[0]!, '/v1/status/peers')) as string[];
    await until('five peers', async () => (await list()).length === count);
    for (let i = 0; i < 50; i++) {
      const url = `http://127.0.0.1:${before[i % count]!.http}/v1/kv/drill/${i}`;
      await until(
        `write ${i}`,
        async () => (await fetch(url, { method: 'PUT', headers: suiteHeaders, body: `value ${i}` })).ok,
      );
    }
    const query = JSON.stringify({ Name: 'drill', Service: { Service: 'consul' } });
    await ask(before[0]!, '/v1/query', { method: 'POST', body: query });
    const { out: running, err: refusal, code } = await tc(['operator', 'recover', before[0]!.dataDir]);
    expect([running, code]).toEqual(['', 1]);
    expect(refusal).toContain('in use by another agent: stop it');
    const askAll = before.map(({ http }) => `-server=127.0.0.1:${http}`);
    const healthy = await tc(['operator', 'recover', ...askAll]);
    expect([healthy.err, healthy.code]).toEqual(['', 0]);
    expect(healthy.out).toContain('5 of 5 voters live, 3 are needed.');
    expect(healthy.out).toContain('and a quorum: nothing has to be recovered.');

    await stop(children.slice(2));
    const verdictOf = async (...more: string[]): Promise<{ verdict: string; code: number | null }> => {
      const { out, code } = await tc(['operator', 'recover', '-format=json', ...askAll.slice(0, 2), ...more]);
      return { verdict: (JSON.parse(out) as { Verdict: string }).Verdict, code };
    };
    // Gossip takes its time to believe it.
    await until('quorum known as lost', async () => (await verdictOf()).verdict === 'lost');
    await answersWithoutLeader(before[1]!);
    expect(await verdictOf(before[2]!.dataDir)).toEqual({ verdict: 'startable', code: 2 });
    const lost = await tc(['operator', 'recover', ...askAll]);
    expect(lost.code).toBe(2);
    expect(lost.out).toContain('2 of 5 voters live, 3 are needed.');
    expect(lost.out).toMatch(/2\. bring .*s0 of n\d+/);
    await stop(children);

    const [first, second, damaged] = before as [Server, Server, Server];
    for (const { dataDir } of before.slice(3)) await rm(dataDir, { recursive: true });
    const file = join(damaged.dataDir, 'raft', 'raft.db', '000000000001.log');
    const handle = await open(file, 'r+');
    await handle.write(Buffer.alloc((await stat(file)).size, 0x5a), 0, undefined, 0);
    await handle.close();

    const moved = (await servers(folder, '127.20.0')).slice(0, 2);
    const ids = await Promise.all(
      [first, second].map(({ dataDir }) =>
        open(join(dataDir, 'node-id')).then(async (f) => {
          const id = (await f.readFile('utf8')).trim();
          await f.close();
          return id;
        }),
      ),
    );
    const addresses = moved.map(({ ip, rpc }, i) => `-address=${ids[i]}=${ip}:${rpc}`);
    const argv = ['operator', 'recover', ...addresses, ...[first, second, damaged].map(({ dataDir }) => dataDir)];
    expect((await tc(argv)).out).toContain('Nothing was written.');
    const done = await tc([...argv.slice(0, 2), '-yes', ...argv.slice(2)]);
    expect([done.err, done.code]).toEqual(['', 0]);
    expect(done.out).toContain(`Cannot be used:\n  ${damaged.dataDir}: `);
    expect(done.out).toContain('Start now, in this order');

    children.push(...moved.map((server) => launch(server, moved[0]!)));
    await hasLeader(moved[0]!);
    for (let i = 0; i < 50; i++) {
      await until(`value ${i}`, async () => (await ask(moved[1]!, `/v1/kv/drill/${i}?raw`)) === `value ${i}`);
    }
    const written = await fetch(`http://127.0.0.1:${moved[0]!.http}/v1/kv/after`, {
      method: 'PUT',
      headers: suiteHeaders,
      body: 'x',
    });
    expect(await written.text()).toBe('true');
    expect((JSON.parse(await ask(moved[0]!, '/v1/status/peers')) as string[]).sort()).toEqual(
      moved.map(({ ip, rpc }) => `${ip}:${rpc}`).sort(),
    );
  } finally {
    await stop(children);
    await rm(folder, { recursive: true, force: true });
  }
});
