/** The single-file executable runs where there is no Node, and nothing of this repository. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AgentProcess, tc as installed } from '../agent-process.ts';
import { suiteEnv } from '../security.ts';

const root = resolve(import.meta.dirname, '../../..');
let folder: string;
let program: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tc-sea-'));
  program = join(folder, 'tc');
  const built = spawnSync(process.execPath, ['scripts/sea.ts', program], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`${built.stdout}${built.stderr}`);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

function tc(argv: readonly string[], env: Record<string, string>): [number | null, string, string] {
  const { status, stdout, stderr } = spawnSync(program, argv, { encoding: 'utf8', cwd: folder, env });
  return [status, stdout, stderr];
}

it('unpacks itself once, and works', { timeout: 60_000 }, async () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  const env = { HOME: home, PATH: '/nonexistent' };
  expect(tc(['version'], env)).toEqual([0, expect.stringMatching(/^Consul v1\.10\.7\+tc\./), '']);
  const cache = join(home, '.cache/tconsul');
  const unpacked = readdirSync(cache).filter((name) => name !== 'compiled');
  expect(unpacked).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(statSync(cache).mode & 0o077).toBe(0);
  expect(tc(['kv', '-h'], env)).toEqual([0, expect.stringContaining('Usage: tc kv <subcommand>'), '']);
  expect(tc(['no-such'], env)).toEqual([127, '', expect.stringContaining('Unknown command "no-such"')]);
  expect(readdirSync(cache).filter((name) => name !== 'compiled')).toEqual(unpacked);

  await using agent = await AgentProcess.create({ program });
  await agent.start();
  const asked = { ...env, ...suiteEnv, CONSUL_HTTP_ADDR: agent.address };
  expect(tc(['kv', 'put', 'one', 'file'], asked)).toEqual([0, 'Success! Data written to: one\n', '']);
  expect(tc(['kv', 'get', 'one'], asked)).toEqual([0, 'file\n', '']);
  expect(tc(['members'], asked)[1]).toContain('alive');
  await agent.kill();
  await agent.start();
  expect(tc(['kv', 'get', 'one'], asked)[1]).toBe('file\n');
});

it('never runs what others may write to', () => {
  const home = join(folder, 'shared');
  mkdirSync(join(home, '.cache/tconsul'), { recursive: true, mode: 0o777 });
  spawnSync('chmod', ['777', join(home, '.cache/tconsul')]);
  const temporary = join(folder, 'temporary');
  mkdirSync(temporary);
  expect(tc(['version'], { HOME: home, TMPDIR: temporary })[0]).toBe(0);
  expect(readdirSync(join(home, '.cache/tconsul'))).toEqual([]);
  expect(existsSync(join(temporary, `tconsul-${process.getuid?.()}`))).toBe(true);
});

/** Processor time of `kv get`, in milliseconds; the wall clock would also count who else is busy on this machine. */
function cpuMs(command: string, env: Record<string, string>): number {
  const runs = 10;
  const script = `i=0; while [ $i -lt ${runs} ]; do "$0" kv get one > /dev/null || exit 1; i=$((i+1)); done; times`;
  const { status, stdout } = spawnSync('sh', ['-c', script, command], { encoding: 'utf8', env });
  expect(status).toBe(0);
  // The shell's own, then that of what it ran: user and system.
  const [user = 0, system = 0] = Array.from(
    stdout.split('\n')[1]!.matchAll(/(\d+)m([\d.]+)s/g),
    ([, m, s]) => 60 * Number(m) + Number(s),
  );
  return ((user + system) * 1000) / runs;
}

it('is no slower than the package', { timeout: 60_000 }, async () => {
  await using agent = await AgentProcess.create({ dev: true });
  await agent.start();
  await agent.request('PUT', '/v1/kv/one', 'file');
  const home = join(folder, 'timed');
  mkdirSync(home);
  const env = { ...suiteEnv, HOME: home, PATH: process.env['PATH'] ?? '', CONSUL_HTTP_ADDR: agent.address };
  const best = { file: Number.POSITIVE_INFINITY, installed: Number.POSITIVE_INFINITY };
  // The first round fills the caches of both.
  for (let round = 0; round < 4; round++) {
    best.installed = Math.min(best.installed, cpuMs(installed, env));
    best.file = Math.min(best.file, cpuMs(program, env));
  }
  expect(best.file).toBeLessThan(1.15 * best.installed);
});
