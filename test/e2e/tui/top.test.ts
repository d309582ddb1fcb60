import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess, tc } from '../agent-process.ts';
import { prompt, Tmux, whyNoTmux } from './tmux.ts';

const run = promisify(execFile);
const missing = whyNoTmux();

let agent: AgentProcess;

beforeAll(async () => {
  agent = await AgentProcess.create({ dev: true });
  await agent.start();
  await agent.request('PUT', '/v1/kv/app/config/motd', 'Welcome to the tour.');
  await agent.request('PUT', '/v1/kv/app/config/limits.json', '{"rate":100,"burst":12345678901234567890}');
  const session = await agent.request('PUT', '/v1/session/create', '{"Name":"leader-election"}');
  const { ID } = JSON.parse(session.text) as { ID: string };
  await agent.request('PUT', `/v1/kv/app/leader?acquire=${ID}`, 'e2e');
});

afterAll(async () => {
  await agent[Symbol.asyncDispose]();
});

describe('tc top without a terminal', () => {
  const env = () => ({ ...process.env, CONSUL_HTTP_ADDR: agent.address });

  it('says what to do instead, with exit code 1', async () => {
    const failed = run(tc, ['top'], { env: env() });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('tc top -once'),
    });
  });

  it('prints the overview once, for people and for scripts', async () => {
    const text = await run(tc, ['top', '-once'], { env: env() });
    expect(text.stdout).toMatch(/^Datacenter +dc1\nAgent +e2e \(server, [\d.]+\)\nLeader +e2e 127\.0\.0\.1:\d+\n/);
    const json = await run(tc, ['top', '-once', '-format=json'], { env: env() });
    expect(JSON.parse(json.stdout)).toMatchObject({
      datacenter: 'dc1',
      members: { alive: 1, failed: 0 },
      raft: { state: 'Leader' },
      servers: [{ node: 'e2e', leader: true }],
    });
  });

  it('says that no agent answers, with exit code 1', async () => {
    const failed = run(tc, ['top', '-once', '-http-addr=127.0.0.1:1'], { env: env() });
    await expect(failed).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('connection refused') });
  });
});

describe.skipIf(missing !== undefined)(`tc top in tmux${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  const open = () => Tmux.open({ columns: 80, rows: 24, env: { CONSUL_HTTP_ADDR: agent.address } });

  async function start(tmux: Tmux): Promise<void> {
    await tmux.type(`${tc} top`);
    await tmux.press('Enter');
    await tmux.until(/● live/);
  }

  it('shows a living agent, follows its keys, survives resizing and its restart, and leaves the terminal as it was', async () => {
    await using tmux = await open();
    await start(tmux);
    await tmux.until(/★ e2e/);
    await tmux.until(/● healthy|● alive/);
    expect(await tmux.value('alternate_on')).toBe('1');

    await tmux.press('2');
    await tmux.until(/● alive +e2e +127\.0\.0\.1:\d+ +server/);

    await tmux.press('4');
    await tmux.until(/▸ app\//);
    await tmux.press('l');
    await tmux.until(/▸ config\//);
    await tmux.press('j', 'l');
    await tmux.until(/motd/);
    await tmux.press('j');
    await tmux.until(/"burst": 12345678901234567890/);
    await agent.request('PUT', '/v1/kv/app/config/limits.json', '{"rate":7}');
    await tmux.until(/"rate": 7\n?/, 3_000);

    await tmux.press('5');
    await tmux.until(/● 1 lock +leader-election/);
    await tmux.until(/app\/leader/);

    await tmux.type(':logs');
    await tmux.press('Enter');
    await tmux.until(/Logs info and above .*● live/);
    await tmux.press('+');
    await tmux.until(/Logs debug and above .*● live/);
    await agent.request('GET', '/v1/kv/seen-in-the-log');
    await tmux.press('/');
    await tmux.type('seen-in');
    await tmux.press('Enter');
    await tmux.until(/DEBUG agent\.http/);
    await tmux.press('Enter');
    await tmux.until(/seen-in-the-log from=/);

    for (const [columns, rows] of [
      [250, 70],
      [60, 18],
      [80, 24],
    ] as const) {
      await tmux.resize(columns, rows);
      const screen = await tmux.until(new RegExp(`^.{${columns - 1}}[╮]$`, 'm'));
      expect(screen.trimEnd().split('\n')).toHaveLength(rows);
    }

    await tmux.press('1');
    await agent.kill();
    await tmux.until(/No answer for \d+s · what is shown is \d+s old/);
    await agent.start();
    await tmux.until(/● live/);

    await tmux.press('q');
    await tmux.until(prompt);
    expect(await tmux.value('alternate_on')).toBe('0');
    expect(await tmux.value('cursor_flag')).toBe('1');
    await tmux.type('stty -a');
    await tmux.press('Enter');
    await tmux.until(/ icanon [\s\S]* echo /);
  });

  it('gives the terminal to the shell on ctrl-z and takes it back on fg', async () => {
    await using tmux = await open();
    await start(tmux);
    await tmux.press('C-z');
    await tmux.until(/Stopped/);
    expect(await tmux.value('alternate_on')).toBe('0');
    await tmux.type('echo the shell is $((40 + 2))');
    await tmux.press('Enter');
    await tmux.until(/the shell is 42/);
    await tmux.type('fg');
    await tmux.press('Enter');
    await tmux.until(/● live/);
    expect(await tmux.value('alternate_on')).toBe('1');
    await tmux.press('q');
    await tmux.until(prompt);
  });

  it.each(['TERM', 'INT', 'HUP'])('restores the terminal when it is ended by SIG%s', async (signal) => {
    await using tmux = await open();
    await start(tmux);
    const pid = await childOf(await tmux.value('pane_pid'));
    await run('kill', [`-${signal}`, pid]);
    await tmux.until(prompt);
    expect(await tmux.value('alternate_on')).toBe('0');
    expect(await tmux.value('cursor_flag')).toBe('1');
  });
});

/** The one process that a shell has started. */
async function childOf(shell: string): Promise<string> {
  const { stdout } = await run('ps', ['-o', 'pid=', '--ppid', shell]);
  return stdout.trim().split('\n')[0]!.trim();
}
