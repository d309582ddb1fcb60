/** The certificate authority outlives its server, and moves with a snapshot - one of Consul's as well. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';

interface Roots {
  readonly ActiveRootID: string;
  readonly Roots: readonly { ID: string; RootCert: string }[];
}

const get = async <T>(agent: AgentProcess, path: string): Promise<T> => {
  const { status, text } = await agent.request('GET', path);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text) as T;
};

async function until(what: string, holds: () => Promise<boolean>, limitMs = 30_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(50);
  }
}

/** Whether a new certificate comes from the active root. */
async function signs(agent: AgentProcess, service: string): Promise<boolean> {
  const { ActiveRootID, Roots } = await get<Roots>(agent, '/v1/connect/ca/roots');
  const root = new X509Certificate(Roots.find(({ ID }) => ID === ActiveRootID)!.RootCert);
  const { CertPEM } = await get<{ CertPEM: string }>(agent, `/v1/agent/connect/ca/leaf/${service}`);
  const leaf = new X509Certificate(CertPEM);
  return leaf.checkIssued(root) && leaf.verify(root.publicKey);
}

it('a server that was killed comes back with the same root and goes on signing', async () => {
  await using agent = await AgentProcess.create({ args: ['-hcl', 'connect { enabled = true }'] });
  await agent.start();
  await until('an authority', () => signs(agent, 'web'));
  const before = await get<Roots>(agent, '/v1/connect/ca/roots');
  await agent.kill('SIGKILL');
  await agent.start();
  expect(await get<Roots>(agent, '/v1/connect/ca/roots')).toEqual(before);
  await until('signing', () => signs(agent, 'web'));
});

it("Consul's authority goes on from its snapshot", async () => {
  await using agent = await AgentProcess.create({ dev: true });
  await agent.start();
  expect(await signs(agent, 'web')).toBe(true);
  const archive = readFileSync(new URL('../../data/vectors/snapshots/plain.snap', import.meta.url));
  expect((await agent.request('PUT', '/v1/snapshot', archive)).status).toBe(200);
  const { ActiveRootID } = await get<Roots>(agent, '/v1/connect/ca/roots');
  expect(ActiveRootID).toBe('b2:d0:06:55:56:f3:a7:e1:c9:f8:6e:98:42:18:3a:f5:dc:21:b8:d2');
  expect(await signs(agent, 'db')).toBe(true);
  // What was signed before the restore is replaced by itself.
  await until('renewed', () => signs(agent, 'web'));
});
