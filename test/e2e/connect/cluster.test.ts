/** The certificate authority of three servers: asked through a client, over the death of the leader. */
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ClusterNode, leaderOf, modes, Playground, statuses, until } from '../cluster/node.ts';

interface Roots {
  readonly ActiveRootID: string;
  readonly Roots: readonly { readonly ID: string; readonly RootCert: string }[];
}
interface Leaf {
  readonly CertPEM: string;
  readonly SerialNumber: string;
}

const rootsOf = (node: ClusterNode) => node.read<Roots>('/v1/connect/ca/roots');
const leafOf = (node: ClusterNode, service: string) => node.read<Leaf>(`/v1/agent/connect/ca/leaf/${service}`);

function comesFrom(leaf: Leaf, { ActiveRootID, Roots }: Roots): boolean {
  const root = new X509Certificate(Roots.find(({ ID }) => ID === ActiveRootID)!.RootCert);
  const certificate = new X509Certificate(leaf.CertPEM);
  return certificate.checkIssued(root) && certificate.verify(root.publicKey);
}

describe.each(modes)('a %s cluster with a mesh', (mode) => {
  it('signs with the same root whoever leads, and no serial number twice', async () => {
    await using ground = await Playground.make(mode);
    const servers = await ground.servers(3, ['-hcl=connect { enabled = true }']);
    const client = await ground.node({ name: 'c1', server: false, joins: servers });
    client.start();
    await until('the client is there', async () => Object.keys(await statuses(client)).length === 4);
    await until('an authority', async () => ((await rootsOf(client))?.Roots.length ?? 0) === 1);
    const before = (await rootsOf(client))!;
    const names = Array.from({ length: 8 }, (_, i) => `web-${i}`);
    const first = await Promise.all(names.map((name) => leafOf(client, name)));

    const leader = await leaderOf(servers);
    await leader.end('SIGKILL');
    const others = servers.filter((server) => server !== leader);
    await until('another leader', async () => (await leafOf(client, 'db')) !== undefined);
    expect((await rootsOf(client))!.ActiveRootID).toBe(before.ActiveRootID);
    expect((await rootsOf(others[0]!))!.ActiveRootID).toBe(before.ActiveRootID);
    const second = await Promise.all(names.map((name) => leafOf(others[1]!, name)));
    const all = [...first, ...second, await leafOf(client, 'db')].map((leaf) => leaf!);
    expect(all.every((leaf) => comesFrom(leaf, before))).toBe(true);
    expect(new Set(all.map(({ SerialNumber }) => SerialNumber)).size).toBe(all.length);
    expect(await leafOf(client, names[0]!)).toEqual(first[0]);
  });
});
