/** A service and its agent die and come back, as seen from every agent of a small cluster. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tc } from '../agent-process.ts';
import { freePorts } from '../free-port.ts';
import { suite, suiteHeaders } from '../security.ts';

interface Member {
  readonly name: string;
  readonly http: number;
  readonly args: readonly string[];
  child: ChildProcess;
}

let dir: string;
const members: Member[] = [];
const others: ChildProcess[] = [];

function launch(args: readonly string[]): ChildProcess {
  return spawn(tc, args, { stdio: 'ignore' });
}

async function addMember(name: string, more: (lanPort: number) => readonly (string | number)[]): Promise<number> {
  const [http, server, lan, wan] = (await freePorts(4)) as [number, number, number, number];
  const ports = ['-http-port', http, '-server-port', server, '-serf-lan-port', lan, '-serf-wan-port', wan];
  const fast = ['-hcl', 'gossip_lan { probe_interval = "100ms" probe_timeout = "100ms" suspicion_mult = 2 }'];
  const common = ['agent', '-bind', '127.0.0.1', '-dns-port', -1, '-grpc-port', -1, '-node', name];
  const args = [
    ...common,
    '-data-dir',
    join(dir, name),
    ...ports,
    ...fast,
    ...more(lan),
    ...(suite?.args(name === 'server') ?? []),
  ].map(String);
  members.push({ name, http, args, child: launch(args) });
  return lan;
}

async function get<T>(member: Member, path: string): Promise<T | undefined> {
  const answer = await fetch(`http://127.0.0.1:${member.http}${path}`, { headers: suiteHeaders }).catch(
    () => undefined,
  );
  return answer?.ok ? ((await answer.json()) as T) : undefined;
}

async function put(member: Member, path: string, body: object): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${member.http}${path}`, {
    ...{ method: 'PUT', headers: suiteHeaders, body: JSON.stringify(body) },
  });
  expect([answer.status, await answer.text()]).toEqual([200, '']);
}

/** Until the members named agree on how many healthy instances there are; the milliseconds it took. */
async function untilPassing(count: number, seenBy: readonly Member[], limitMs: number): Promise<number> {
  const startMs = performance.now();
  for (;;) {
    const seen = await Promise.all(seenBy.map((one) => get<unknown[]>(one, '/v1/health/service/web?passing')));
    if (seen.every((instances) => instances?.length === count)) return performance.now() - startMs;
    const tookMs = performance.now() - startMs;
    if (tookMs > limitMs)
      throw new Error(`${count} passing: not within ${limitMs} ms, seen ${seen.map((s) => s?.length)}`);
    await sleep(20);
  }
}

async function webServer(port = 0): Promise<{ port: number; child: ChildProcess }> {
  const script = `const s = require('node:http').createServer((q, r) => r.end('ok'));
    s.listen(${port}, '127.0.0.1', () => console.log(s.address().port));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  others.push(child);
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { port: Number(line.toString()), child };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tc-e2e-checks-'));
  const lan = await addMember('server', () => ['-server', '-bootstrap']);
  for (const name of ['c1', 'c2'])
    await addMember(name, () => ['-retry-join', `127.0.0.1:${lan}`, '-retry-interval', '200ms']);
});
afterAll(async () => {
  for (const child of [...members.map((member) => member.child), ...others]) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

it('every agent sees it within an interval and a second, an agent that dies included', async () => {
  const [server, c1, c2] = members as [Member, Member, Member];
  const web = await webServer();
  await untilPassing(0, members, 20_000);
  const HTTP = `http://127.0.0.1:${web.port}/`;
  await put(c1, '/v1/agent/service/register', { Name: 'web', Port: web.port, Check: { HTTP, Interval: '1s' } });
  await untilPassing(1, members, 10_000);

  web.child.kill('SIGKILL');
  expect(await untilPassing(0, members, 5_000)).toBeLessThan(2000);
  await webServer(web.port);
  expect(await untilPassing(1, members, 5_000)).toBeLessThan(2000);

  c1.child.kill('SIGKILL');
  await once(c1.child, 'exit');
  await untilPassing(0, [server, c2], 15_000);
  const checks = await get<{ CheckID: string; Status: string }[]>(c2, '/v1/health/node/c1');
  expect(checks?.find(({ CheckID }) => CheckID === 'serfHealth')?.Status).toBe('critical');

  c1.child = launch(c1.args);
  await untilPassing(1, members, 20_000);
});
