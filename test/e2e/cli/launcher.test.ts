import { spawnSync } from 'node:child_process';
import { mkdtempSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { launcher, start, tc } from './tc.ts';

let server: FakeServer;
let folder: string;
beforeAll(async () => {
  server = await startFakeServer();
  folder = mkdtempSync(join(tmpdir(), 'tc-launcher-'));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe('the launcher', () => {
  it('works through symbolic links, also relative ones, and from anywhere', async () => {
    symlinkSync(launcher, join(folder, 'tc'));
    symlinkSync('tc', join(folder, 'again'));
    for (const name of ['tc', 'again']) {
      expect(await tc(['version'], { command: [join(folder, name)], cwd: '/' })).toMatchObject({ code: 0, err: '' });
    }
    expect(await tc(['version'], { command: [`./${basename(launcher)}`], cwd: dirname(launcher) })).toMatchObject({
      code: 0,
    });
  });

  it('becomes Node: the process that was started gets the signals', async () => {
    const running = start(['monitor'], { env: { CONSUL_HTTP_ADDR: server.address } });
    await vi.waitFor(() => expect(running.out()).toBe('first line\n'), { timeout: 10_000 });
    if (process.platform === 'linux') expect(basename(readlinkSync(`/proc/${running.child.pid}/exe`))).toBe('node');
    running.child.kill('SIGINT');
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
  });

  it('also starts as an argument of node', async () => {
    expect(await tc(['keygen', '-nope'], { command: [process.execPath, launcher] })).toMatchObject({ code: 1 });
  });

  test('an older Node hands over to the right one, with signals and exit codes', async () => {
    const older = (process.env['PATH'] ?? '')
      .split(':')
      .map((path) => join(path, 'node'))
      .find((node) => {
        const { status, stdout } = spawnSync(node, ['-p', 'parseInt(process.versions.node) < 24'], {
          encoding: 'utf8',
        });
        return status === 0 && stdout.trim() === 'true';
      });
    if (older === undefined) return test.skip('there is no older Node here');
    const command = [older, launcher] as const;
    expect(await tc(['members', '-status=('], { command })).toMatchObject({ code: 1 });
    const running = start(['monitor'], { command, env: { CONSUL_HTTP_ADDR: server.address } });
    await vi.waitFor(() => expect(running.out()).toBe('first line\n'), { timeout: 10_000 });
    running.child.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0, signal: null });
  });

  it('ends quietly when nobody reads', () => {
    const { stderr } = spawnSync('sh', ['-c', `${launcher} completion fish | head -1 > /dev/null`], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
  });
});
