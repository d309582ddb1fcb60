/** What `tc debug` collects: facts once, and figures, logs and profiles interval by interval. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentApi } from '../../client/agent.ts';
import { type ConsulHttp, parseJson } from '../../client/http.ts';
import { messageOf } from '../../lib/message-of.ts';
import { scrubJson, scrubText } from './scrub.ts';

export const targets = ['metrics', 'logs', 'pprof', 'host', 'agent', 'cluster'] as const;
export type Target = (typeof targets)[number];

const dynamicTargets: readonly Target[] = ['metrics', 'logs', 'pprof'];
export const isDynamic = (target: Target): boolean => dynamicTargets.includes(target);

export interface Capture {
  readonly http: ConsulHttp;
  readonly folder: string;
  readonly targets: readonly Target[];
  readonly intervalMs: number;
  /** Secrets that must not be in any file. */
  readonly secrets: readonly string[];
  readonly signal: AbortSignal;
  /** What could not be collected; the rest goes on. */
  warn(text: string): void;
}

const sources: Readonly<Partial<Record<Target, string>>> = {
  host: '/v1/agent/host',
  agent: '/v1/agent/self',
  cluster: '/v1/agent/members',
};

/** Writes a file for each fact. */
export async function captureStatic(capture: Capture): Promise<void> {
  for (const target of capture.targets) {
    const path = sources[target];
    if (path === undefined) continue;
    await attempt(capture, target, async () => writeJson(capture, `${target}.json`, await ask(capture, path)));
  }
}

/** One interval, into a folder named for the second at which it began. Resolves at its end, or when interrupted. */
export async function captureInterval(capture: Capture, startSeconds: number): Promise<void> {
  const folder = String(startSeconds);
  mkdirSync(join(capture.folder, folder), { recursive: true });
  const end = new AbortController();
  const signal = AbortSignal.any([capture.signal, end.signal]);
  const wants = (target: Target) => capture.targets.includes(target);
  const work: Promise<void>[] = [];
  if (wants('metrics')) {
    const metrics = async () => writeJson(capture, `${folder}/metrics.json`, await ask(capture, '/v1/agent/metrics'));
    work.push(attempt(capture, 'metrics', metrics));
  }
  if (wants('logs')) work.push(attempt(capture, 'logs', () => followLog(capture, folder, signal)));
  if (wants('pprof')) {
    for (const [kind, file] of profiles) {
      work.push(attempt(capture, 'pprof', () => saveProfile(capture, kind, `${folder}/${file}`)));
    }
  }
  await sleep(capture.intervalMs, undefined, { signal: capture.signal }).catch(() => {});
  end.abort();
  await Promise.all(work);
}

const profiles = [
  ['profile', 'profile.cpuprofile'],
  ['heap', 'heap.heapprofile'],
] as const;
/** A profile ends before its interval does. */
const profileMarginMs = 1000;

async function saveProfile({ http, folder, intervalMs, signal }: Capture, kind: string, file: string): Promise<void> {
  const seconds = String(Math.max(1, Math.floor((intervalMs - profileMarginMs) / 1000)));
  const path = `/debug/pprof/${kind}`;
  const { body } = await http.ask({ method: 'GET', path, query: { seconds }, options: { signal } });
  writeFileSync(join(folder, file), body);
}

async function followLog({ http, folder, secrets }: Capture, interval: string, signal: AbortSignal): Promise<void> {
  const file = join(folder, interval, 'consul.log');
  writeFileSync(file, '');
  // A secret may lie across two pieces, but never across two lines.
  let rest = '';
  try {
    for await (const chunk of await agentApi(http).monitor({ logLevel: 'DEBUG', signal })) {
      const text = rest + Buffer.from(chunk).toString();
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      appendFileSync(file, scrubText(text.slice(0, end), secrets));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  appendFileSync(file, scrubText(rest, secrets));
}

async function ask({ http, signal }: Capture, path: string): Promise<unknown> {
  return parseJson((await http.ask({ method: 'GET', path, options: { signal } })).body);
}

export function writeJson(
  { folder, secrets }: Pick<Capture, 'folder' | 'secrets'>,
  name: string,
  value: unknown,
): void {
  const text = JSON.stringify(scrubJson(value), (_, item) => (typeof item === 'bigint' ? String(item) : item), 2);
  writeFileSync(join(folder, name), `${scrubText(text, secrets)}\n`);
}

async function attempt({ signal, warn }: Capture, target: Target, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!signal.aborted) warn(`Unable to capture ${target}: ${messageOf(error)}`);
  }
}
