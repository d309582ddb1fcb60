import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { tc } from '../cli/tc.ts';

interface Report {
  readonly ExitCode: number;
  readonly Findings: readonly { check: string; severity: string; message: string; fix?: string }[];
}

const doctor = async (...argv: string[]): Promise<{ code: number | null; report: Report }> => {
  const { code, out } = await tc(['doctor', '-format=json', ...argv]);
  return { code, report: JSON.parse(out) as Report };
};

it('tc doctor looks through a running server and finds what was put there', async () => {
  await using agent = await AgentProcess.create();
  await agent.start();
  const left = { Node: 'gone', Address: '10.0.0.9', Check: { CheckID: 'serfHealth', Name: 'x', Status: 'critical' } };
  await agent.request('PUT', '/v1/kv/large', Buffer.alloc(200 * 1024, 'x'));
  const { code, report } = await doctor(`-http-addr=${agent.address}`);
  expect(code).toBe(report.ExitCode);
  const found = (check: string) => report.Findings.filter((one) => one.check === check);
  for (const check of ['agent', 'leader', 'clock', 'members', 'raft lag', 'versions', 'disk flush', 'data directory']) {
    expect(found(check), check).toMatchObject([{ severity: expect.stringMatching(/^(ok|warning)$/) }]);
  }
  expect(found('quorum')).toMatchObject([{ severity: 'warning', fix: 'add two servers' }]);
  expect(found('key sizes')).toMatchObject([{ severity: 'warning', message: '"large" has 200 KB' }]);
  // What no agent keeps is only an orphan once the leader had its say about members.
  expect((await agent.request('PUT', '/v1/catalog/register', JSON.stringify(left))).status).toBe(200);
  const again = (await doctor(`-http-addr=${agent.address}`)).report.Findings;
  expect(again.some(({ check, message }) => check === 'catalog' && message.includes('"gone"'))).toBe(true);
});

it('tc doctor looks at what it can while no agent runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tc-doctor-'));
  const taken = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as net.AddressInfo;
  try {
    const file = join(folder, 'agent.json');
    const config = {
      server: true,
      data_dir: folder,
      bind_addr: '127.0.0.1',
      ports: { http: port },
      cert_file: 'no.pem',
    };
    await writeFile(file, JSON.stringify(config));
    const { code, report } = await doctor('-http-addr=127.0.0.1:1', `-config-file=${file}`);
    expect(code).toBe(2);
    const errors = report.Findings.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ check }) => check)).toEqual(['agent', 'ports', 'certificate']);
    expect(errors[1]?.message).toContain(String(port));

    await writeFile(file, '{"server": "perhaps"}');
    const broken = await doctor('-http-addr=127.0.0.1:1', `-config-file=${file}`);
    expect(broken.report.Findings[0]).toMatchObject({ check: 'configuration', severity: 'error' });
  } finally {
    taken.close();
    await rm(folder, { recursive: true });
  }
});
