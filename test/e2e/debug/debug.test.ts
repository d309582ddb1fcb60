import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { tc } from '../cli/tc.ts';
import { management } from '../security.ts';

it('tc debug collects every interval, and no secret is in any of it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tc-debug-'));
  const secret = management;
  const config = join(folder, 'secrets.json');
  await writeFile(config, JSON.stringify({ acl: { tokens: { default: secret } } }));
  await using agent = await AgentProcess.create({ dev: true, args: ['-config-file', config] });
  await agent.start();
  const asking = setInterval(() => void agent.request('GET', `/v1/kv/x?token=${secret}`).catch(() => {}), 200);
  try {
    const output = join(folder, 'out');
    const argv = ['debug', `-http-addr=${agent.address}`, `-token=${secret}`, '-archive=false', `-output=${output}`];
    const { code, err } = await tc([...argv, '-duration=10s', '-interval=5s']);
    expect([code, err]).toEqual([0, '']);
    const files = (await readdir(output, { recursive: true })).filter((name) => name.includes('.'));
    for (const name of ['agent.json', 'cluster.json', 'host.json', 'index.json']) expect(files).toContain(name);
    for (const name of ['metrics.json', 'consul.log', 'profile.cpuprofile', 'heap.heapprofile']) {
      expect(files.filter((file) => file.endsWith(`/${name}`))).toHaveLength(2);
    }
    for (const file of files) expect(await readFile(join(output, file), 'utf8'), file).not.toContain(secret);
    const logs = await Promise.all(
      files.filter((file) => file.endsWith('.log')).map((file) => readFile(join(output, file), 'utf8')),
    );
    expect(logs.join('')).toContain('/v1/kv/x?token=');
  } finally {
    clearInterval(asking);
    await rm(folder, { recursive: true });
  }
});
