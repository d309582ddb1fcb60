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
    expect(await said(1)).toEqual([expect.stringMatching(/^--ready --pid=\d+$/)]);
    agent.signal('SIGINT');
    await agent.exited();
    expect((await said(2))[1]).toMatch(/^--stopping --pid=\d+$/);
  } finally {
    delete process.env['NOTIFY_SOCKET'];
    process.env['PATH'] = PATH;
    await rm(folder, { recursive: true });
  }
});
