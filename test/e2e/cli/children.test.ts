import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FakeServer, startFakeServer } from './fake-server.ts';
import { tc as runTc, start as startTc } from './tc.ts';

let server: FakeServer;
let folder: string;
beforeAll(async () => {
  server = await startFakeServer();
  folder = mkdtempSync(join(tmpdir(), 'tc-children-'));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

const env = () => ({ CONSUL_HTTP_ADDR: server.address, SHELL: '/bin/sh' });
const tc = (...argv: string[]) => runTc(argv, { env: env() });
const start = (...argv: string[]) => startTc(argv, { env: env() });
const until = (check: () => void) => vi.waitFor(check, { timeout: 20_000, interval: 20 });

describe('lock', () => {
  it('runs a child with the lock and leaves nothing behind', async () => {
    expect(await tc('lock', 'l/x', 'echo', 'held:$CONSUL_LOCK_HELD')).toMatchObject({
      code: 0,
      out: 'held:true\n',
      err: '',
    });
    expect([server.consul.keys.size, server.consul.sessions.size]).toEqual([0, 0]);
  });

  it('tells how the child failed, and exits with 2 when asked to', async () => {
    const failed = { out: '', err: 'Error running handler: exit status 3\n' };
    expect(await tc('lock', 'l/x', 'exit 3')).toMatchObject({ code: 0, ...failed });
    expect(await tc('lock', '-child-exit-code', 'l/x', 'exit 3')).toMatchObject({ code: 2, ...failed });
    const nope = join(folder, 'nope');
    expect((await tc('lock', '-shell=false', 'l/x', nope)).err).toBe(
      `Error starting handler: fork/exec ${nope}: no such file or directory\n`,
    );
    expect((await tc('lock', '-shell=false', 'l/x', 'no-such-program')).err).toBe(
      'Error starting handler: exec: "no-such-program": executable file not found in $PATH\n',
    );
  });

  it('hands stdin on with -pass-stdin', async () => {
    expect(await runTc(['lock', '-pass-stdin', 'l/x', 'cat'], { env: env(), stdin: 'piped' })).toMatchObject({
      out: 'piped',
    });
  });

  it('makes others wait, and ends its child when interrupted', async () => {
    const first = start('lock', 'l/y', 'echo got; exec sleep 30');
    await until(() => expect(first.out()).toBe('got\n'));
    expect(await tc('lock', '-timeout=300ms', 'l/y', 'echo second')).toMatchObject({
      code: 1,
      out: '',
      err: 'Shutdown triggered or timeout during lock acquisition\n',
    });
    expect((await tc('lock', '-n=2', 'l/y', 'echo no')).err).toBe(
      'Lock acquisition failed: Existing key does not match semaphore use\n',
    );
    const third = start('lock', 'l/y', 'echo third');
    first.child.kill('SIGINT');
    expect(await first.ended).toMatchObject({ code: 0, err: 'Error running handler: signal: terminated\n' });
    expect(await third.ended).toMatchObject({ code: 0, out: 'third\n' });
  });

  it('ends its child when the lock is lost', async () => {
    const holder = start('lock', 'l/z', 'echo got; exec sleep 30');
    await until(() => expect(holder.out()).toBe('got\n'));
    for (const id of server.consul.sessions.keys()) server.consul.endSession(id);
    const { code, err } = await holder.ended;
    expect(code).toBe(1);
    expect(err).toContain('Lock lost, killing child\n');
  });
});

describe('watch with a child', () => {
  const put = (value: string) => server.consul.handle('PUT', '/v1/kv/w', Buffer.from(value));
  const values = (file: string): string[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => Buffer.from(JSON.parse(line).Value, 'base64').toString());

  it('runs it for the first answer and for each change, with the data on stdin', async () => {
    await put('one');
    const file = join(folder, 'seen');
    const watching = start('watch', '-type=key', '-key=w', `cat >> ${file}; test -n "$CONSUL_INDEX"`);
    await until(() => expect(values(file)).toEqual(['one']));
    await put('two');
    await until(() => expect(values(file)).toEqual(['one', 'two']));
    watching.child.kill('SIGINT');
    expect(await watching.ended).toEqual({ code: 0, signal: null, out: '', err: '' });
  });

  it('ends with an error when the child fails or cannot start', async () => {
    await put('one');
    expect(await tc('watch', '-type=key', '-key=w', 'exit 7')).toMatchObject({
      code: 1,
      err: 'Error executing handler: exit status 7\n',
    });
    const nope = join(folder, 'nope');
    expect(await tc('watch', '-type=key', '-key=w', '-shell=false', nope)).toMatchObject({
      code: 1,
      err: `Error executing handler: fork/exec ${nope}: no such file or directory\n`,
    });
  });

  it('ends with an error when stopped before the first answer', async () => {
    server.consul.fixed.set('GET /v1/kv/far', { status: 500, body: 'No path to datacenter' });
    const watching = start('watch', '-type=key', '-key=far');
    await until(() => expect(server.consul.requests).toContain('GET /v1/kv/far'));
    watching.child.kill('SIGINT');
    const { code, out, err } = await watching.ended;
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/Watch \(type: key\) errored: Unexpected response code: 500, retry in /);
  });
});
