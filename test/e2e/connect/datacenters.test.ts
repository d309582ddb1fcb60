/** The mesh over two datacenters: one root, an authority of its own in each, certificates that both accept. */
import { X509Certificate } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { certificatesOf, generateKey, privateKeyPem } from '../../../src/lib/x509/index.ts';
import { AgentProcess } from '../agent-process.ts';

interface Roots {
  readonly ActiveRootID: string;
  readonly TrustDomain: string;
  readonly Roots: readonly { ID: string; RootCert: string; Active: boolean; SigningKeyID: string }[];
}

const get = async <T>(agent: AgentProcess, path: string): Promise<T> => {
  const { status, text } = await agent.request('GET', path);
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text) as T;
};
const rootsOf = (agent: AgentProcess) => get<Roots>(agent, '/v1/connect/ca/roots');

async function until(what: string, holds: () => Promise<boolean>, limitMs = 30_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await holds().catch(() => false))) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(50);
  }
}

/** Every certificate was issued by the next one; the last one by a root. */
function leadsTo(chain: readonly string[], root: string): boolean {
  const all = [...chain, root].map((pem) => new X509Certificate(pem));
  return all.slice(0, -1).every((one, i) => one.checkIssued(all[i + 1]!) && one.verify(all[i + 1]!.publicKey));
}

it('a secondary datacenter signs with an intermediate of the primary, and follows its rotation', async () => {
  await using first = await AgentProcess.create({ dev: true });
  await first.start();
  const { Member } = await get<{ Member: { Tags: Record<string, string> } }>(first, '/v1/agent/self');
  const wan = `127.0.0.1:${Member.Tags['wan_join_port']}`;
  const args = ['-datacenter', 'dc2', '-retry-join-wan', wan, '-hcl', 'primary_datacenter = "dc1"'];
  await using second = await AgentProcess.create({ dev: true, args });
  await second.start();

  const primary = await rootsOf(first);
  await until('roots of the primary', async () => (await rootsOf(second)).ActiveRootID === primary.ActiveRootID);
  expect((await rootsOf(second)).TrustDomain).toBe(primary.TrustDomain);

  const leaf = await get<{ CertPEM: string; ServiceURI: string }>(second, '/v1/agent/connect/ca/leaf/web');
  expect(leaf.ServiceURI).toBe(`spiffe://${primary.TrustDomain}/ns/default/dc/dc2/svc/web`);
  const chain = certificatesOf(leaf.CertPEM);
  expect(chain).toHaveLength(2);
  expect(leadsTo(chain, primary.Roots[0]!.RootCert)).toBe(true);

  const Config = { PrivateKey: privateKeyPem(await generateKey()), LeafCertTTL: '72h' };
  const body = JSON.stringify({ Provider: 'consul', Config });
  const set = (agent: AgentProcess) => agent.request('PUT', '/v1/connect/ca/configuration', body);
  expect(await set(second)).toMatchObject({
    status: 500,
    text: 'error configuring provider: keys and roots are set in the primary datacenter',
  });
  expect((await set(first)).status).toBe(200);
  const rotated = await rootsOf(first);
  expect(rotated.ActiveRootID).not.toBe(primary.ActiveRootID);
  await until('the new root', async () => (await rootsOf(second)).ActiveRootID === rotated.ActiveRootID);
  const renewed = await get<{ CertPEM: string }>(second, '/v1/agent/connect/ca/leaf/db');
  const [own, intermediate, bridge] = certificatesOf(renewed.CertPEM) as [string, string, string];
  const rootCert = (id: string) => rotated.Roots.find(({ ID }) => ID === id)!.RootCert;
  expect(leadsTo([own, intermediate], rootCert(rotated.ActiveRootID))).toBe(true);
  expect(leadsTo([own, intermediate, bridge], rootCert(primary.ActiveRootID))).toBe(true);
});
