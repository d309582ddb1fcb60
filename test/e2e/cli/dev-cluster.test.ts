/** `tc dev cluster` leaves nothing behind, whatever ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { tc } from '../agent-process.ts';
import { until } from '../cluster/node.ts';
import { freePorts } from '../free-port.ts';

interface Listed {
  readonly pid: number;
  readonly directory: string;
}

let child: ChildProcess | null = null;
afterEach(() => child?.kill('SIGKILL'));

const lives = (pid: number): boolean => existsSync(`/proc/${pid}`);

async function cluster(): Promise<{ process: ChildProcess; listed: Listed }> {
  const [port] = (await freePorts(1)) as [number];
  const args = ['dev', 'cluster', `-http-port=${port}`, '1'];
  const process = spawn(tc, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  child = process;
  let text = '';
  process.stdout.on('data', (chunk: Buffer) => {
    text += String(chunk);
  });
  await until('it is up', async () => text.includes('Stop everything'));
  const [, pid = '', directory = ''] = /http:\S+ +(\d+)[\s\S]*Logs are in (\S+)\./.exec(text) ?? [];
  const listed = { pid: Number(pid), directory };
  expect(lives(listed.pid)).toBe(true);
  return { process, listed };
}

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends all with %s', async (signal) => {
  const { process, listed } = await cluster();
  process.kill(signal);
  const [code] = await once(process, 'exit');
  expect(code).toBe(0);
  expect(lives(listed.pid)).toBe(false);
  expect(existsSync(listed.directory)).toBe(false);
});

it('ends all when nobody reads its output any more', async () => {
  const { process, listed } = await cluster();
  process.stdout?.destroy();
  process.kill('SIGINT');
  await once(process, 'exit');
  await until('nothing is left', async () => !lives(listed.pid) && !existsSync(listed.directory));
});
