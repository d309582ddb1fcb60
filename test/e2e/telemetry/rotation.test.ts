/** Log files that rotate all the time while the agent works as hard as it can: no line is lost, none is torn, limits hold. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';

const requests = 3_000;

it.each([
  ['text', /^\S+ \[\w+\] +agent/, []],
  ['JSON', /^\{"@level":.*\}$/, ['-log-json']],
] as const)('every request is logged once (%s)', { timeout: 60_000 }, async (_, shape, args) => {
  const folder = await mkdtemp(join(tmpdir(), 'tc-rotation-'));
  const files = async (): Promise<string[]> => (await readdir(folder)).sort();
  const limits = ['-log-rotate-bytes=20000', '-log-rotate-max-files=1000'];
  const log = [`-log-file=${folder}/`, '-log-level=debug', ...limits, ...args];
  await using agent = await AgentProcess.create({ dev: true, args: log });
  try {
    await agent.start();
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let i = next++; i < requests; i = next++) await agent.request('PUT', `/v1/kv/line-${i}-`, 'x');
    };
    await Promise.all(Array.from({ length: 32 }, worker));
    await agent.kill('SIGTERM');
    const names = await files();
    expect(names.length).toBeGreaterThan(10);
    const seen = new Map<string, number>();
    for (const name of names) {
      expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(20_000);
      const text = await readFile(join(folder, name), 'utf8');
      expect(text.endsWith('\n'), name).toBe(true);
      for (const line of text.slice(0, -1).split('\n')) {
        expect(line).toMatch(shape);
        const [key] = /line-\d+-/.exec(line) ?? [];
        if (key !== undefined) seen.set(key, (seen.get(key) ?? 0) + 1);
      }
    }
    expect(seen.size).toBe(requests);
    expect(Math.max(...seen.values())).toBe(1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('the number of old files is limited, whatever is written', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tc-rotation-'));
  const log = [`-log-file=${folder}/`, '-log-level=debug', '-log-rotate-bytes=5000', '-log-rotate-max-files=3'];
  await using agent = await AgentProcess.create({ dev: true, args: log });
  try {
    await agent.start();
    for (let i = 0; i < 500; i++) {
      await agent.request('PUT', `/v1/kv/${i}`, 'x');
      if (i % 50 === 0) expect((await readdir(folder)).length).toBeLessThanOrEqual(4);
    }
  } finally {
    await agent.kill();
    await rm(folder, { recursive: true, force: true });
  }
});
