/** A full disk: writes fail with a clear error, the agent lives, nothing is lost, and writes work again with space. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { AgentProcess } from '../agent-process.ts';

/** Mounting needs root; says so instead of passing silently. */
function mountSmall(sizeMiB: number): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'tc-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', dir], { stdio: 'ignore' });
  } catch {
    rmSync(dir, { recursive: true });
    return undefined;
  }
  onTestFinished(() => {
    execFileSync('umount', ['-l', dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

it('lives through a full disk and writes again when there is space', async (test) => {
  const dir = mountSmall(24);
  if (dir === undefined) return test.skip('needs the right to mount a tmpfs');
  await using agent = await AgentProcess.create({ dataDir: dir });
  await agent.start();
  const acknowledged = new Map<string, number>();
  const put = async (n: number): Promise<{ status: number; text: string }> => {
    const answer = await agent.request('PUT', `/v1/kv/fill/${n}`, Buffer.alloc(2000, 97 + (n % 26)));
    if (answer.status === 200) acknowledged.set(`fill/${n}`, 97 + (n % 26));
    return answer;
  };
  for (let n = 0; n < 50; n++) expect((await put(n)).status).toBe(200);

  const ballast = join(dir, 'ballast');
  const free = statfsSync(dir);
  writeFileSync(ballast, Buffer.alloc(Math.max(0, free.bavail * free.bsize - 64 * 1024)));
  let refused: { status: number; text: string } | undefined;
  for (let n = 50; n < 5_000 && refused === undefined; n++) {
    const answer = await put(n);
    if (answer.status !== 200) refused = answer;
  }
  expect(refused, 'the disk never filled').toBeDefined();
  expect(refused?.status).toBe(500);
  expect(refused?.text).toMatch(/space|full/i);
  // It still answers reads, and still refuses rather than lies.
  expect((await agent.request('GET', '/v1/kv/fill/0?raw')).text).toBe('a'.repeat(2000));

  rmSync(ballast);
  let worked = false;
  for (let n = 0; n < 100 && !worked; n++) worked = (await put(10_000 + n)).status === 200;
  expect(worked, 'writes did not come back').toBe(true);

  await agent.kill('SIGKILL');
  await agent.start();
  for (const [key, byte] of acknowledged) {
    expect((await agent.request('GET', `/v1/kv/${key}?raw`)).text, key).toBe(String.fromCharCode(byte).repeat(2000));
  }
});
