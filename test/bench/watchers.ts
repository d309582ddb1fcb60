/**
 * Ten thousand blocking queries on the health of a hundred services, at one agent: memory each, how soon a change wakes those who
 * watch it and that it wakes nobody else, and how late the event loop is while a service changes that all of them watch.
 *
 *   npm run build && node test/bench/watchers.ts
 */
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentProcess } from '../e2e/agent-process.ts';

const services = 100;
const perService = 100;
const instances = 5;
const rounds = 20;

const scratch = await mkdtemp(join(tmpdir(), 'tc-watchers-'));
const report = join(scratch, 'report.json');
process.env['NODE_OPTIONS'] = `--require=${resolve(import.meta.dirname, 'loop-delay-probe.cjs')}`;
process.env['TC_LOOP_DELAY'] = report;
const agent = await AgentProcess.create({ args: ['-hcl', 'limits { http_max_conns_per_client = 20000 }'] });
await agent.start();

/** One connection with one query at a time, and as little work of our own as can be. */
class Watcher {
  readonly #socket: net.Socket;
  #received = '';
  /** Bytes of the answer that are still to come; -1 = not known yet. */
  #missing = -1;
  index = '1';
  wokenMs: number | null = null;
  readonly service: string;
  /** Asks again at once, as clients do. */
  follows = false;

  constructor(service: string) {
    this.service = service;
    this.#socket = net.connect(agent.httpPort, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  get connected(): Promise<unknown> {
    return once(this.#socket, 'connect');
  }

  ask(): void {
    this.wokenMs = null;
    const path = `/v1/health/service/${this.service}?passing&wait=10m&index=${this.index}`;
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#missing < 0) {
      this.#received += chunk.toString('latin1');
      const end = this.#received.indexOf('\r\n\r\n');
      if (end < 0) return;
      this.index = /x-consul-index: (\d+)/i.exec(this.#received)?.[1] ?? '1';
      const length = Number(/content-length: (\d+)/i.exec(this.#received)?.[1] ?? 0);
      this.#missing = length - (this.#received.length - end - 4);
    } else this.#missing -= chunk.length;
    if (this.#missing > 0) return;
    this.#missing = -1;
    this.#received = '';
    const nowMs = performance.now();
    if (this.follows) this.ask();
    this.wokenMs = nowMs;
  }
}

const put = async (path: string, body: object): Promise<void> => {
  const { status, text } = await agent.request('PUT', path, JSON.stringify(body));
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
};
const nameOf = (service: number): string => `service-${service}`;
const change = (service: string, round: number): Promise<void> =>
  put('/v1/catalog/register', {
    Node: `${service}-0`,
    Address: '10.0.0.1',
    Service: { ID: `${service}-0`, Service: service, Port: 80 + round, Tags: ['v1'] },
  });
const memoryKib = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${agent.pid}/status`, 'utf8'))?.[1] ?? 0);

async function delays(): Promise<{ p99: number; p999: number; max: number }> {
  rmSync(report, { force: true });
  process.kill(agent.pid, 'SIGUSR2');
  while (!existsSync(report)) await sleep(5);
  await sleep(20);
  return JSON.parse(readFileSync(report, 'utf8'));
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const row = (what: string, value: string): void => console.log(`| ${what} | ${value} |`);
const woken = (watchers: readonly Watcher[]): Watcher[] => watchers.filter(({ wokenMs }) => wokenMs !== null);

async function allWoken(watchers: readonly Watcher[]): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (woken(watchers).length < watchers.length) {
    if (performance.now() > endMs) throw new Error(`${watchers.length - woken(watchers).length} were not woken`);
    await sleep(1);
  }
}

/** Watchers that wait, each with the index that is current. */
async function waiting(nameFor: (at: number) => string): Promise<Watcher[]> {
  const watchers: Watcher[] = [];
  for (let at = 0; at < services * perService; at += 200) {
    const some = Array.from({ length: 200 }, (_, i) => new Watcher(nameFor(at + i)));
    await Promise.all(some.map((one) => one.connected));
    for (const one of some) one.ask();
    await allWoken(some);
    for (const one of some) {
      one.follows = true;
      one.ask();
    }
    watchers.push(...some);
  }
  return watchers;
}

for (let service = 0; service < services; service++) {
  for (let at = 0; at < instances; at++) {
    const name = nameOf(service);
    await put('/v1/catalog/register', {
      Node: `${name}-${at}`,
      Address: `10.0.${service}.${at}`,
      Service: { ID: `${name}-${at}`, Service: name, Port: 80, Tags: ['v1'] },
    });
  }
}
await sleep(1_000);
console.log(`| ${services * perService} watchers | |\n| --- | --- |`);
const beforeKib = memoryKib();
const watchers = await waiting((at) => nameOf(at % services));
await sleep(2_000);
row('memory each', `${((memoryKib() - beforeKib) / watchers.length).toFixed(1)} KiB`);

const wakes: number[] = [];
let strangers = 0;
for (let round = 0; round < rounds; round++) {
  const name = nameOf(round * 3);
  const its = watchers.filter(({ service }) => service === name);
  const beganMs = performance.now();
  await change(name, 1 + round);
  await allWoken(its);
  wakes.push(...its.map(({ wokenMs }) => (wokenMs as number) - beganMs));
  await sleep(100);
  strangers += woken(watchers).length - its.length;
  for (const one of its) one.wokenMs = null;
}
row(`change of one service to its ${perService} watchers, median`, `${median(wakes).toFixed(1)} ms`);
row(
  'the last of them, median of rounds',
  `${median(wakes.filter((_, at) => at % perService === perService - 1)).toFixed(1)} ms`,
);
row('others woken', String(strangers));
for (const one of watchers) one.close();
await sleep(1_000);

const all = await waiting(() => nameOf(0));
await sleep(500);
await delays();
const lasts: number[] = [];
for (let round = 0; round < 10; round++) {
  const beganMs = performance.now();
  await change(nameOf(0), 1_000 + round);
  await allWoken(all);
  lasts.push(Math.max(...all.map(({ wokenMs }) => wokenMs as number)) - beganMs);
  for (const one of all) one.wokenMs = null;
  await sleep(500);
}
const { p99, p999, max } = await delays();
row('change of a service that all watch, the last woken, median', `${median(lasts).toFixed(0)} ms`);
row('event loop late meanwhile, p99 / p99.9 / max', `${p99.toFixed(1)} / ${p999.toFixed(1)} / ${max.toFixed(1)} ms`);
for (const one of all) one.close();
await agent[Symbol.asyncDispose]();
await rm(scratch, { recursive: true, force: true });
