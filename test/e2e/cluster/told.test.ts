/** What agents say of what went wrong between them: enough to find who it was and what to change. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ClusterNode, Playground, until } from './node.ts';

const newKey = (): string => randomBytes(32).toString('base64');
const says = (node: ClusterNode, what: string | RegExp): Promise<void> =>
  until(`${node.name} says ${what}`, async () =>
    typeof what === 'string' ? node.output.includes(what) : what.test(node.output),
  );

describe('a log names', () => {
  it('both who claim a name', async () => {
    await using ground = await Playground.make('plain');
    const [server] = (await ground.servers(1)) as [ClusterNode];
    const first = await ground.node({ name: 'twin', server: false, joins: [server] });
    first.start();
    await says(server, /EventMemberJoin: twin/);
    const args = [`-retry-join=127.0.0.1:${server.ports.lan}`, `-data-dir=${ground.directory}/other`];
    const second = await ground.node({ name: 'twin', server: false, args });
    second.start();
    const [there, here] = [`127.0.0.1:${first.ports.lan}`, `127.0.0.1:${second.ports.lan}`];
    await says(
      server,
      `memberlist.lan: memberlist: Conflicting address for twin. Mine: ${there} Theirs: ${here} Old state: alive`,
    );
    await says(server, `serf.lan: serf: Name conflict for 'twin' both ${there} and ${here} are claiming`);
    await says(second, `serf: Node name conflicts with another node at ${there}. Names must be unique!`);
  });

  it('who came with another gossip key, or none', async () => {
    await using ground = await Playground.make('plain');
    const server = await ground.node({ name: 's1', server: true, expect: 1, args: [`-encrypt=${newKey()}`] });
    server.start();
    const join = `-retry-join=127.0.0.1:${server.ports.lan}`;
    const stranger = await ground.node({ name: 'c1', server: false, args: [join, `-encrypt=${newKey()}`] });
    stranger.start();
    await says(
      server,
      /memberlist: failed to receive: No installed keys could decrypt the message from=127\.0\.0\.1:\d+/,
    );
    await stranger.end();
    const plain = await ground.node({ name: 'c2', server: false, args: [join] });
    plain.start();
    await says(
      server,
      /memberlist: failed to receive: Encryption is configured but remote state is not encrypted from=127/,
    );
  });

  it('a key that is not used, as there is a keyring', async () => {
    await using ground = await Playground.make('plain');
    const [before, after] = [newKey(), newKey()];
    const server = await ground.node({ name: 's1', server: true, expect: 1, args: [`-encrypt=${before}`] });
    server.start();
    await says(server, /Consul agent running/);
    await server.end();
    server.output = '';
    server.start([`-encrypt=${after}`]);
    await says(server, /LAN keyring exists but -encrypt given, using keyring/);
    expect(server.output).not.toContain(after);
    await server.end();
    server.output = '';
    server.start(['-encrypt=']);
    await says(server, /Consul agent running/);
    expect(server.output).toContain('Encrypt: Gossip: true');
  });

  it('who is joined by request', async () => {
    await using ground = await Playground.make('plain');
    const [server] = (await ground.servers(1)) as [ClusterNode];
    const client = await ground.node({ name: 'c1', server: false });
    client.start();
    await says(client, /Consul agent running/);
    const address = `127.0.0.1:${server.ports.lan}`;
    expect((await client.ask('PUT', `/v1/agent/join/${address}`)).status).toBe(200);
    await says(client, `agent: (LAN) joining: lan_addresses=[${address}]`);
    await says(client, 'agent: (LAN) joined: number_of_nodes=1');
  });

  it('clouds whose servers it cannot look up', async () => {
    await using ground = await Playground.make('plain');
    const args = ['-retry-join=provider=aws secret_access_key=hush tag_key=a', '-hcl=retry_max = 1'];
    const node = await ground.node({ name: 'c1', server: false, args: [...args, '-hcl=retry_interval = "100ms"'] });
    node.start();
    await until('it ends', async () => node.exitCode !== null);
    expect(node.output).toContain(
      'Cannot discover address: address=provider=aws error="discover: unknown provider aws"',
    );
    expect(node.output).toContain('error="No servers to join"');
    expect(node.output).not.toContain('hush');
  });
});

describe('an agent that cannot start names', () => {
  const refused = (port: number): string => `listen tcp 127.0.0.1:${port}: bind: address already in use`;
  const serf = 'Failed to create memberlist: Could not set up network transport: failed to obtain an address';

  it('the port that is taken', async () => {
    await using ground = await Playground.make('plain');
    const [server] = (await ground.servers(1)) as [ClusterNode];
    const { rpc, lan, wan } = server.ports;
    for (const [flag, port, text] of [
      ['-server-port', rpc, `Failed to start RPC layer: ${refused(rpc)}`],
      [
        '-serf-lan-port',
        lan,
        `Failed to start LAN Serf: ${serf}: Failed to start TCP listener on "127.0.0.1" port ${lan}: ${refused(lan)}`,
      ],
      [
        '-serf-wan-port',
        wan,
        `Failed to start WAN Serf: ${serf}: Failed to start TCP listener on "127.0.0.1" port ${wan}: ${refused(wan)}`,
      ],
    ] as const) {
      const node = await ground.node({ name: 's2', server: true, args: [`${flag}=${port}`] });
      node.start();
      await until('it ends, and soon', async () => node.exitCode !== null, 8000);
      expect(node.exitCode).toBe(1);
      expect(node.output).toContain(`Error starting agent: error="Failed to start Consul server: ${text}"`);
    }
  });
});
