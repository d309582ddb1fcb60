import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';

it('the service manager is told when the agent is ready, and when it stops', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tc-notify-'));
  const file = join(folder, 'said');
  const program = join(folder, 'systemd-notify');
  await writeFile(program, `#!/bin/sh\necho "$@" >> '${file}'\n`);
  await chmod(program, 0o755);
  const said = async (lines: number): Promise<string[]> => {
    for (let i = 0; ; i++) {
      const text = await readFile(file, 'utf8').catch(() => '');
      const all = text.split('\n').slice(0, -1);
      if (all.length >= lines || i === 500) return all;
      await sleep(20);
    }
  };
  const { PATH } = process.env;
  Object.assign(process.env, { NOTIFY_SOCKET: join(folder, 'notify'), PATH: `${folder}${delimiter}${PATH}` });
  try {
    await using agent = await AgentProcess.create({ dev: true });
    await agent.start();
    expect(await said(1)).toEqual([expect.stringMatching(/^--pid=\d+ READY=1$/)]);
    agent.signal('SIGINT');
    await agent.exited();
    expect((await said(2))[1]).toMatch(/^--pid=\d+ STOPPING=1$/);
  } finally {
    delete process.env['NOTIFY_SOCKET'];
    process.env['PATH'] = PATH;
    await rm(folder, { recursive: true });
  }
});

/** Hears what systemd would, and closes the barrier as it does. */
const listener = `
import array, os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True:
    data, passed, _, _ = s.recvmsg(4096, 1024)
    print(data.decode().strip().replace('\\n', ' '), flush=True)
    for _, _, fds in passed:
        for fd in array.array('i', fds): os.close(fd)
`;

it('by the socket of systemd itself', async ({ skip }) => {
  const missing = ['systemd-notify', 'python3'].filter((name) => spawnSync(name, ['--version']).error !== undefined);
  if (missing.length > 0) return skip(`${missing.join(', ')} not installed`);
  const folder = await mkdtemp(join(tmpdir(), 'tc-notify-'));
  const socket = join(folder, 'notify');
  const manager = spawn('python3', ['-c', listener, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
  let heard = '';
  manager.stdout.on('data', (chunk: Buffer) => {
    heard += chunk.toString();
  });
  const hears = (pattern: RegExp) => expect.poll(() => heard, { timeout: 10_000 }).toMatch(pattern);
  try {
    await hears(/^listening$/m);
    process.env['NOTIFY_SOCKET'] = socket;
    await using agent = await AgentProcess.create({ dev: true });
    agent.launch();
    await hears(new RegExp(`^MAINPID=${agent.pid} READY=1$`, 'm'));
    // Ready is said once it answers.
    expect((await agent.request('GET', '/v1/status/leader')).status).toBe(200);
    agent.signal('SIGINT');
    await agent.exited();
    await hears(/ STOPPING=1$/m);
    expect(heard).not.toContain('ERRNO');
    expect(agent.output).not.toContain('systemd');
  } finally {
    delete process.env['NOTIFY_SOCKET'];
    manager.kill();
    await rm(folder, { recursive: true });
  }
});
