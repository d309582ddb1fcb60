/** A client agent that knows nothing but whom to join, and the authority of the servers: the rest comes from them. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { generateKey, privateKeyPem } from '../../../src/lib/x509/index.ts';
import { type ClusterNode, knowsLeader, Playground, statuses, until } from '../cluster/node.ts';

const allow = '-hcl=auto_encrypt { allow_tls = true } connect { enabled = true }';

/** Its certificate and gossip key are not given to it. */
async function newcomer(ground: Playground, server: ClusterNode, ca: string, token: string): Promise<ClusterNode> {
  const client = await ground.node({
    name: 'c1',
    server: false,
    joins: [server],
    security: null,
    args: [
      // The port at which it looks for servers.
      `-server-port=${server.ports.rpc}`,
      '-http-port=-1',
      `-hcl=ca_file = "${ca}" verify_incoming = true verify_outgoing = true verify_server_hostname = true`,
      '-hcl=auto_encrypt { tls = true dns_san = ["extra.test"] ip_san = ["127.0.0.9"] }',
      `-hcl=acl { enabled = true default_policy = "deny" tokens { agent = "${token}" } }`,
    ],
  });
  client.start([`-https-port=${client.ports.http}`]);
  return client;
}

describe('auto_encrypt', () => {
  it('gives a client its certificate, the authorities and the gossip key, and it is a member like any other', async () => {
    await using ground = await Playground.make('secure');
    const security = ground.security!;
    const [server] = (await ground.servers(1, [allow])) as [ClusterNode];
    const client = await newcomer(ground, server, join(ground.directory, 'ca.pem'), security.token);
    await until('it is a member', async () => (await statuses(server))['c1'] === 1);
    await until('it is registered', async () => (await server.ask('GET', '/v1/catalog/node/c1')).text.includes('"c1"'));
    await until('it asks the servers itself', async () => client.output.includes('Synced node info'));
    // It shows the certificate on its API, and demands one.
    const socket = tls.connect({
      host: '127.0.0.1',
      port: client.ports.http,
      ...security.client,
      rejectUnauthorized: false,
    } as tls.ConnectionOptions);
    socket.on('error', () => {});
    await once(socket, 'secureConnect');
    const shown = new X509Certificate(socket.getPeerCertificate().raw);
    socket.destroy();
    expect(shown.subjectAltName).toContain('/agent/client/dc/dc1/id/c1');
    for (const name of ['DNS:localhost', 'DNS:extra.test', 'IP Address:127.0.0.9'])
      expect(shown.subjectAltName).toContain(name);
    // No server was certified by that authority, and no client may pose as one.
    expect(shown.subjectAltName).not.toContain('server.dc1.consul');
    const { Roots } = (await server.read<{ Roots: { RootCert: string }[] }>('/v1/connect/ca/roots'))!;
    expect(shown.verify(new X509Certificate(Roots[0]!.RootCert).publicKey)).toBe(true);

    // Another root: it is trusted, and the client asks for another certificate.
    const rotated = await server.ask(
      'PUT',
      '/v1/connect/ca/configuration',
      JSON.stringify({
        Provider: 'consul',
        Config: { LeafCertTTL: '72h', PrivateKey: privateKeyPem(await generateKey()) },
      }),
    );
    expect([rotated.status, rotated.text]).toEqual([200, '']);
    await until('it renews its certificate', async () =>
      client.output.includes('automatically renewed the certificate'),
    );
    await client.end('SIGTERM');
  });

  it('gives nothing to who has no right to be that node, and where it is not allowed', async () => {
    await using ground = await Playground.make('secure');
    const [server] = (await ground.servers(1, [allow])) as [ClusterNode];
    const ca = join(ground.directory, 'ca.pem');
    const nobody = await newcomer(ground, server, ca, 'nobody-knows-me');
    await until('it is refused', async () => nobody.output.includes('AutoEncrypt.Sign RPC failed'));
    expect(nobody.output).toMatch(/AutoEncrypt\.Sign RPC failed: .*(?:Permission denied|ACL not found)/);
    await nobody.end();

    await using closed = await Playground.make('secure');
    const [other] = (await closed.servers(1, ['-hcl=connect { enabled = true }'])) as [ClusterNode];
    const refused = await newcomer(closed, other, join(closed.directory, 'ca.pem'), closed.security!.token);
    await until('it is told so', async () => refused.output.includes('AutoEncrypt.AllowTLS must be enabled'));
    expect(await knowsLeader(other)).toBe(true);
  });
});
