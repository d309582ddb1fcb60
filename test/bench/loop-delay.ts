/**
 * How late the event loop of a durable server is (ms) while 100,000 keys are written, listed, saved and restored.
 *
 *   npm run build && node test/bench/loop-delay.ts
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentProcess } from '../e2e/agent-process.ts';

const keys = 100_000;
const batch = 64;
const value = Buffer.from('v'.repeat(256)).toString('base64');

const scratch = await mkdtemp(join(tmpdir(), 'tc-loop-delay-'));
const report = join(scratch, 'report.json');
process.env['NODE_OPTIONS'] = `--require=${resolve(import.meta.dirname, 'loop-delay-probe.cjs')}`;
process.env['TC_LOOP_DELAY'] = report;
const agent = await AgentProcess.create();
await agent.start();

async function delays(): Promise<{ p99: number; p999: number; max: number }> {
  rmSync(report, { force: true });
  process.kill(agent.pid, 'SIGUSR2');
  while (!existsSync(report)) await sleep(5);
  await sleep(20);
  return JSON.parse(readFileSync(report, 'utf8'));
}

/** Bytes of an answer, without making a text of them. */
const bytesOf = (path: string): Promise<Buffer> =>
  new Promise((done, fail) => {
    const request = http.get({ port: agent.httpPort, path, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => done(Buffer.concat(parts)));
      response.on('error', fail);
    });
    request.on('error', fail);
  });

async function measure(what: string, run: () => Promise<unknown>): Promise<void> {
  await sleep(300);
  await delays();
  const startMs = performance.now();
  await run();
  const tookMs = performance.now() - startMs;
  const { p99, p999, max } = await delays();
  const cells = [what, tookMs.toFixed(0), p99.toFixed(1), p999.toFixed(1), max.toFixed(1)];
  console.log(`| ${cells.join(' | ')} |`);
}

async function write(): Promise<void> {
  const starts = Array.from({ length: Math.ceil(keys / batch) }, (_, i) => i * batch);
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let from = starts.pop(); from !== undefined; from = starts.pop()) {
        const first = from;
        const ops = Array.from({ length: batch }, (_, i) => ({
          KV: { Verb: 'set', Key: `m/${first + i}`, Value: value },
        }));
        const { status, text } = await agent.request('PUT', '/v1/txn', JSON.stringify(ops));
        if (status !== 200) throw new Error(`txn: ${status} ${text}`);
      }
    }),
  );
}

console.log('| 100,000 keys | took ms | loop late p99 ms | p99.9 ms | max ms |');
console.log('| --- | --- | --- | --- | --- |');
await measure('written', write);
await measure('listed', () => bytesOf('/v1/kv/?recurse'));
await measure('listed again', () => bytesOf('/v1/kv/?recurse'));
await measure('names listed', () => bytesOf('/v1/kv/?keys'));
let archive: Buffer = Buffer.alloc(0);
await measure('saved', async () => {
  archive = await bytesOf('/v1/snapshot');
});
await measure('restored', async () => {
  const { status, text } = await agent.request('PUT', '/v1/snapshot', archive);
  if (status !== 200) throw new Error(`restore: ${status} ${text}`);
});
await agent[Symbol.asyncDispose]();
await rm(scratch, { recursive: true });
