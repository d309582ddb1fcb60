/**
 * What ACLs and TLS cost: the same requests at three agents - as it comes, with ACLs that deny by default and a token of twenty
 * rules, over HTTPS - in turn, several rounds; the median of each round's ratio to the first is what counts.
 *
 *   npm run build && node test/bench/secure.ts                     needs wrk
 *   node test/bench/secure.ts -seconds=2 -rounds=3 -connections=16
 *
 * Ends with 1 where one has less than the part it is to keep of the requests per second (0.85 with ACLs, 0.6 over HTTPS).
 * Processor time is the agent's own, per request: it hardly depends on what else the machine does.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { AgentProcess } from '../e2e/agent-process.ts';
import { until } from '../e2e/cluster/node.ts';
import { freePort } from '../e2e/free-port.ts';
import { secureIn } from '../e2e/security.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  args: process.argv.slice(2).map((arg) => (/^-[a-z]/.test(arg) ? `-${arg}` : arg)),
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '64' },
  },
});
const rounds = Number(values.rounds);
const master = 'e2b6c0de-0000-4000-8000-00000000face';
const ticksPerSecond = 100;

const figures = [
  { name: 'kv get', method: 'GET', path: '/v1/kv/app/a', body: '' },
  { name: 'kv put durable', method: 'PUT', path: '/v1/kv/app/a', body: 'x'.repeat(64) },
  { name: 'kv list of 100', method: 'GET', path: '/v1/kv/list/?recurse', body: '' },
  { name: 'health of a service', method: 'GET', path: '/v1/health/service/web?passing', body: '' },
] as const;
type Figure = (typeof figures)[number];

interface Mode {
  readonly name: string;
  readonly agent: AgentProcess;
  readonly url: string;
  readonly token: string;
  /** Of the requests per second of the first. */
  readonly keeps: number;
}

interface Measured {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/** Twenty rules, of which the last decide. */
const rules = [
  ...Array.from({ length: 8 }, (_, i) => `key_prefix "team-${i}/" { policy = "write" }`),
  ...Array.from({ length: 8 }, (_, i) => `service_prefix "team-${i}-" { policy = "read" }`),
  'key_prefix "app/" { policy = "write" }',
  'key_prefix "list/" { policy = "write" }',
  'service "web" { policy = "write" }',
  'node_prefix "" { policy = "read" }',
].join('\n');

async function ask(agent: AgentProcess, method: string, path: string, body?: unknown): Promise<string> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await agent.request(method, `${path}${path.includes('?') ? '&' : '?'}token=${master}`, text);
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.text;
}

async function start(name: string, keeps: number, args: readonly string[], https: number | null): Promise<Mode> {
  const agent = await AgentProcess.create({ args });
  await agent.start();
  let token = '';
  if (name === 'ACLs') {
    await until(
      'the token is known',
      async () => (await agent.request('GET', `/v1/acl/token/self?token=${master}`)).status === 200,
    );
    await ask(agent, 'PUT', '/v1/acl/policy', { Name: 'twenty', Rules: rules });
    const made = await ask(agent, 'PUT', '/v1/acl/token', { Policies: [{ Name: 'twenty' }] });
    token = (JSON.parse(made) as { SecretID: string }).SecretID;
  }
  for (let i = 0; i < 100; i++) await ask(agent, 'PUT', `/v1/kv/list/${i}`, 'x'.repeat(64));
  await ask(agent, 'PUT', '/v1/kv/app/a', 'x'.repeat(64));
  await ask(agent, 'PUT', '/v1/agent/service/register', { Name: 'web', Port: 80 });
  await until('it is registered', async () => (await ask(agent, 'GET', '/v1/health/service/web')).includes('"web"'));
  const url = https === null ? `http://127.0.0.1:${agent.httpPort}` : `https://127.0.0.1:${https}`;
  return { name, agent, url, token, keeps };
}

/** User and system time of the agent, in microseconds. */
function cpuMicros({ pid }: AgentProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1e6;
}

async function measure({ agent, url, token }: Mode, figure: Figure, folder: string): Promise<Measured> {
  const script = join(folder, 'request.lua');
  const header = token === '' ? '' : `wrk.headers["X-Consul-Token"] = "${token}"\n`;
  await writeFile(script, `wrk.method = "${figure.method}"\nwrk.body = "${figure.body}"\n${header}`);
  const load = (seconds: string): Promise<{ stdout: string }> =>
    run('wrk', ['-t1', `-c${values.connections}`, `-d${seconds}s`, '-s', script, `${url}${figure.path}`]);
  await load('1');
  const before = cpuMicros(agent);
  const { stdout } = await load(values.seconds);
  const used = cpuMicros(agent) - before;
  const failed = /Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1];
  if (failed !== undefined) throw new Error(`${figure.name} at ${url}: ${failed} were refused`);
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1]);
  return { perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]), cpuMicros: used / requests };
}

const median = (all: readonly number[]): number =>
  [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;

const folder = await mkdtemp(join(tmpdir(), 'tc-bench-secure-'));
await secureIn(folder);
const https = await freePort();
const file = (name: string): string => join(folder, name);
const modes = [
  await start('plain', 1, [], null),
  await start(
    'ACLs',
    0.85,
    ['-hcl', `acl { enabled = true default_policy = "deny" tokens { master = "${master}" agent = "${master}" } }`],
    null,
  ),
  await start(
    'HTTPS',
    0.6,
    [
      `-https-port=${https}`,
      `-hcl=ca_file = "${file('ca.pem')}" cert_file = "${file('server.pem')}" key_file = "${file('server-key.pem')}"`,
      '-hcl=verify_incoming_rpc = true verify_outgoing = true verify_server_hostname = true',
    ],
    https,
  ),
] as const;
let isBelow = false;
try {
  console.log('| figure | mode | requests/s | of plain | agent CPU, µs/request | of plain | keeps |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const figure of figures) {
    const all: Measured[][] = modes.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const [at, mode] of modes.entries()) all[at]!.push(await measure(mode, figure, folder));
    }
    for (const [at, { name, keeps }] of modes.entries()) {
      const ratio = (of: keyof Measured): number => median(all[at]!.map((one, round) => one[of] / all[0]![round]![of]));
      const kept = ratio('perSecond');
      isBelow ||= kept < keeps;
      const columns = [
        ...[figure.name, name, Math.round(median(all[at]!.map((one) => one.perSecond))), kept.toFixed(2)],
        ...[median(all[at]!.map((one) => one.cpuMicros)).toFixed(1), ratio('cpuMicros').toFixed(2)],
        at === 0 ? '' : `${kept >= keeps ? 'yes' : 'NO'} (${keeps})`,
      ];
      console.log(`| ${columns.join(' | ')} |`);
    }
  }
} finally {
  for (const { agent } of modes) await agent[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = isBelow ? 1 : 0;
