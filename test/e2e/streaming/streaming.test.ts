/** Health by streams of events: our own clients follow our servers, and what a stream tells is what a query answers. */
import { execFileSync } from 'node:child_process';
import { connect } from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { firstBytes } from '../../../src/agent/rpc/listener.ts';
import { FrameReader, frame } from '../../../src/lib/grpc/frames.ts';
import { make } from '../../../src/structs/make.ts';
import { type Event, eventCodec, SubscribeRequest, subscribeRequestCodec } from '../../../src/structs/subscribe.ts';
import { tc } from '../agent-process.ts';
import { type ClusterNode, Playground, until } from '../cluster/node.ts';
import { management, suite } from '../security.ts';

const path = '/v1/health/service/web';

async function register(node: ClusterNode, id: string, status: string): Promise<void> {
  const { text } = await node.ask(
    'PUT',
    '/v1/catalog/register',
    JSON.stringify({
      Node: `node-${id}`,
      Address: '10.0.0.1',
      Service: { ID: id, Service: 'web', Tags: ['v1'], Port: 80, Meta: { k: 'v' } },
      Check: { CheckID: `c-${id}`, ServiceID: id, Status: status, Name: 'c' },
    }),
  );
  expect(text).toBe('true');
}

const idsOf = (text: string): string[] =>
  (JSON.parse(text) as { Service: { ID: string } }[]).map(({ Service }) => Service.ID);

/** A server and a client that knows it. */
async function serverAndClient(
  ground: Playground,
  clientArgs: readonly string[] = [],
  serverArgs: readonly string[] = [],
) {
  const [server] = (await ground.servers(1, serverArgs)) as [ClusterNode];
  const client = await ground.node({ name: 'c1', server: false, joins: [server], args: clientArgs });
  client.start();
  await until('the client answers', async () => (await client.read(path)) !== undefined);
  return { server, client };
}

/** Asks until the answer came by a stream: the first query finds the subscription still under way. */
async function blocking(
  client: ClusterNode,
  index: string,
  query = '',
  wait = '10s',
): Promise<{ text: string; backend: string | null; index: string }> {
  const { headers, text } = await client.ask('GET', `${path}?index=${index}&wait=${wait}${query}`);
  return { text, backend: headers.get('x-consul-query-backend'), index: headers.get('x-consul-index') ?? '' };
}

describe('a client agent', () => {
  it('waits for changes on a stream, and sees what the servers see', async () => {
    await using ground = await Playground.make();
    const { server, client } = await serverAndClient(ground);
    await register(server, 'a', 'passing');
    const first = await client.ask('GET', path);
    expect(first.headers.get('x-consul-query-backend')).toBe('blocking-query');
    const index = first.headers.get('x-consul-index') ?? '';

    const waiting = [blocking(client, index), blocking(client, index, '&passing'), blocking(client, index, '&tag=v2')];
    await new Promise((resolve) => setTimeout(resolve, 300));
    await register(server, 'b', 'critical');
    const [all, passing, tagged] = (await Promise.all(waiting)) as Awaited<ReturnType<typeof blocking>>[];
    expect(all!.backend).toBe('streaming');
    expect(idsOf(all!.text)).toEqual(['a', 'b']);
    expect(idsOf(passing!.text)).toEqual(['a']);
    expect(idsOf(tagged!.text)).toEqual([]);
    const plain = await server.ask('GET', path);
    expect(JSON.parse(all!.text)).toEqual(JSON.parse(plain.text));
    expect(all!.index).toBe(plain.headers.get('x-consul-index'));

    const gone = blocking(client, all!.index);
    await server.ask('PUT', '/v1/catalog/deregister', JSON.stringify({ Node: 'node-a' }));
    const left = await gone;
    expect([left.backend, idsOf(left.text)]).toEqual(['streaming', ['b']]);
    const cached = await client.ask('GET', `${path}?cached`);
    expect([cached.headers.get('x-consul-query-backend'), idsOf(cached.text)]).toEqual(['streaming', ['b']]);
  });

  it('follows a server that speaks TLS alone', async () => {
    await using ground = await Playground.make('plain');
    const inPlayground = { cwd: ground.directory };
    execFileSync(tc, ['tls', 'ca', 'create'], inPlayground);
    execFileSync(tc, ['tls', 'cert', 'create', '-server'], inPlayground);
    execFileSync(tc, ['tls', 'cert', 'create', '-client'], inPlayground);
    const files = (kind: string): string[] => [
      `-hcl=ca_file = "${ground.directory}/consul-agent-ca.pem"`,
      `-hcl=cert_file = "${ground.directory}/dc1-${kind}-consul-0.pem"`,
      `-hcl=key_file = "${ground.directory}/dc1-${kind}-consul-0-key.pem"`,
      '-hcl=verify_incoming_rpc = true verify_outgoing = true verify_server_hostname = true',
    ];
    const { server, client } = await serverAndClient(ground, files('client'), files('server'));
    await register(server, 'a', 'passing');
    const index = (await client.ask('GET', path)).headers.get('x-consul-index') ?? '';
    const waiting = blocking(client, index);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await register(server, 'b', 'passing');
    const { backend, text } = await waiting;
    expect([backend, idsOf(text)]).toEqual(['streaming', ['a', 'b']]);
  });

  it('falls back to queries where servers offer no streams, and where it may not use them', async () => {
    await using ground = await Playground.make();
    const { server, client } = await serverAndClient(ground, [], ['-hcl=rpc { enable_streaming = false }']);
    await register(server, 'a', 'passing');
    const other = await ground.node({
      name: 'c2',
      server: false,
      joins: [server],
      args: ['-hcl=use_streaming_backend = false'],
    });
    other.start();
    await until('the other client answers', async () => (await other.read(path)) !== undefined);
    for (const node of [client, other]) {
      const index = (await node.ask('GET', path)).headers.get('x-consul-index') ?? '';
      const waiting = blocking(node, index);
      await new Promise((resolve) => setTimeout(resolve, 300));
      await register(server, `b-${node.name}`, 'passing');
      const { backend, text } = await waiting;
      expect([backend, idsOf(text).includes(`b-${node.name}`)]).toEqual(['blocking-query', true]);
    }
  });

  it('goes on with another server when its own is killed', async () => {
    await using ground = await Playground.make();
    const servers = await ground.servers(3);
    const client = await ground.node({ name: 'c1', server: false, joins: [servers[0]!] });
    client.start();
    await until('the client answers', async () => (await client.read(path)) !== undefined);
    // Somebody who follows the service, as programs do.
    const seen = { ids: [] as string[], backend: '' as string | null, stop: false };
    const following = (async () => {
      for (let index = '1'; !seen.stop; ) {
        const answer = await blocking(client, index, '', '2s').catch(() => null);
        if (answer === null) continue;
        index = answer.index;
        seen.backend = answer.backend;
        if (answer.text.startsWith('[')) seen.ids = idsOf(answer.text);
      }
    })();
    const sees = (id: string) => until(`${id} is seen`, async () => seen.ids.includes(id), 30_000);
    const streams = () => until('it streams', async () => seen.backend === 'streaming', 30_000);
    await register(servers[0]!, 'a', 'passing');
    await Promise.all([sees('a'), streams()]);
    // Whichever the client follows, it is among those that go and come back.
    for (const victim of servers.slice(0, 2)) {
      await victim.end('SIGKILL');
      await until(
        'there is a leader',
        async () => (await servers[2]!.read('/v1/catalog/nodes?consistent')) !== undefined,
      );
      await register(servers[2]!, `without-${victim.name}`, 'passing');
      await sees(`without-${victim.name}`);
      victim.start();
      await until('it follows', async () => ((await victim.read<unknown[]>(`${path}?stale`)) ?? []).length > 1);
    }
    await streams();
    await register(servers[0]!, 'z', 'passing');
    await sees('z');
    expect(seen.backend).toBe('streaming');
    seen.stop = true;
    await following;
  }, 90_000);
});

function connectTo(node: ClusterNode): net.Socket {
  const socket = net.connect(node.ports.rpc, '127.0.0.1');
  if (suite === null) return socket;
  socket.write(Uint8Array.of(firstBytes.tls));
  return tls.connect({ socket, ...suite.client, servername: 'server.dc1.consul' } as tls.ConnectionOptions);
}

/** What any gRPC client does: the byte, HTTP/2, one request; gives events as they come. */
async function subscribe(node: ClusterNode, request: Partial<SubscribeRequest>) {
  const socket = connectTo(node);
  // Node's HTTP/2 takes the connection over only when nothing is under way on it.
  await new Promise((written) => socket.write(Uint8Array.of(firstBytes.grpc), written));
  const session = connect('http://127.0.0.1', { createConnection: () => socket });
  session.on('error', () => {});
  const stream = session.request({
    ':method': 'POST',
    ':path': '/subscribe.StateChangeSubscription/Subscribe',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const reader = new FrameReader(1 << 24);
  const events: Event[] = [];
  let status: string | undefined;
  stream.on('data', (chunk: Buffer) => events.push(...reader.push(chunk).map((message) => eventCodec.decode(message))));
  const noteStatus = (headers: Record<string, unknown>): void => {
    if (headers['grpc-status'] !== undefined) status = `${headers['grpc-status']} ${headers['grpc-message'] ?? ''}`;
  };
  stream.on('response', noteStatus);
  stream.on('trailers', noteStatus);
  stream.on('error', () => {});
  stream.end(frame(subscribeRequestCodec.encode(make(SubscribeRequest, { Token: suite?.token ?? '', ...request }))));
  return {
    events,
    status: () => status,
    told: (count: number) => until(`${count} events, not ${events.length}`, async () => events.length >= count, 5_000),
    ended: () => until('the end', async () => status !== undefined, 5_000),
    close: () => session.destroy(),
  };
}

const shortly = ({ Index, EndOfSnapshot, NewSnapshotToFollow, EventBatch, ServiceHealth }: Event): unknown => {
  if (EndOfSnapshot) return 'end of snapshot';
  if (NewSnapshotToFollow) return 'new snapshot';
  const all = EventBatch?.Events ?? [{ Index, ServiceHealth }];
  return all
    .map((one) => `${one.ServiceHealth?.Op === 1 ? '-' : '+'}${one.ServiceHealth?.CheckServiceNode?.Service?.ID}`)
    .join(' ');
};

describe('a server', () => {
  it('tells a snapshot and then what changes; who comes back is told only what is new to it', async () => {
    await using ground = await Playground.make();
    const [server] = (await ground.servers(1)) as [ClusterNode];
    await register(server, 'a', 'passing');
    await register(server, 'b', 'passing');
    const first = await subscribe(server, { Topic: 1, Key: 'web', Datacenter: 'dc1' });
    await first.told(2);
    await register(server, 'a', 'critical');
    await first.told(3);
    await server.ask('PUT', '/v1/catalog/deregister', JSON.stringify({ Node: 'node-b' }));
    await first.told(4);
    expect(first.events.map(shortly)).toEqual(['+a +b', 'end of snapshot', '+a', '-b']);
    const { Index } = first.events.at(-1)!;
    expect(first.events[2]!.ServiceHealth?.CheckServiceNode?.Checks?.[0]?.Status).toBe('critical');

    const resumed = await subscribe(server, { Topic: 1, Key: 'web', Index });
    const late = await subscribe(server, { Topic: 1, Key: 'web', Index: Index - 1 });
    await late.told(3);
    await register(server, 'c', 'passing');
    await Promise.all([resumed.told(1), late.told(4)]);
    expect(resumed.events.map(shortly)).toEqual(['+c']);
    expect(late.events.map(shortly)).toEqual(['new snapshot', '+a', 'end of snapshot', '+c']);
    for (const one of [first, resumed, late]) one.close();
  });

  it('tells what makes a service reachable in the mesh', async () => {
    await using ground = await Playground.make();
    const [server] = (await ground.servers(1)) as [ClusterNode];
    const stream = await subscribe(server, { Topic: 2, Key: 'web' });
    await stream.told(1);
    const Service = {
      Kind: 'connect-proxy',
      ID: 'web-proxy',
      Service: 'web-proxy',
      Port: 2,
      Proxy: { DestinationServiceName: 'web' },
    };
    await server.ask('PUT', '/v1/catalog/register', JSON.stringify({ Node: 'n', Address: '10.0.0.1', Service }));
    await stream.told(2);
    expect(stream.events.map(shortly)).toEqual(['end of snapshot', '+web-proxy']);
    stream.close();
  });

  it('refuses what makes no sense, and survives what is no HTTP/2', async () => {
    await using ground = await Playground.make();
    const [server] = (await ground.servers(1)) as [ClusterNode];
    for (const [request, status] of [
      [{ Topic: 0, Key: 'web' }, '3 unknown topic 0'],
      [{ Topic: 1 }, '3 Key is required'],
      [{ Topic: 1, Key: 'web', Datacenter: 'nope' }, '14 No path to datacenter'],
    ] as const) {
      const stream = await subscribe(server, request);
      await stream.ended();
      expect(stream.status()).toBe(status);
      stream.close();
    }
    for (const garbage of [
      '',
      'GET / HTTP/1.1\r\n\r\n',
      '\0'.repeat(100_000),
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nrubbish',
    ]) {
      const socket = net.connect(server.ports.rpc, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(Buffer.concat([Uint8Array.of(8), Buffer.from(garbage)]));
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
    }
    expect((await server.ask('GET', '/v1/status/leader')).status).toBe(200);
  });

  it('shows a token what it may see, and ends when the token does', async () => {
    await using ground = await Playground.make();
    const acl = `-hcl=acl { enabled = true default_policy = "deny" tokens { master = "${management}" } }`;
    const [server] = (await ground.servers(1, [acl])) as [ClusterNode];
    const put = async <T>(where: string, body: object): Promise<T> => {
      const { text } = await server.ask('PUT', `${where}?token=${management}`, JSON.stringify(body));
      return JSON.parse(text) as T;
    };
    await until(
      'the root token is there',
      async () => (await server.read(`/v1/acl/policies?token=${management}`)) !== undefined,
    );
    for (const [Node, ID] of [
      ['shown', 'a'],
      ['hidden', 'b'],
    ]) {
      await put('/v1/catalog/register', { Node, Address: '10.0.0.1', Service: { ID, Service: 'web' } });
    }
    const rules = 'service "web" { policy = "read" } node "shown" { policy = "read" }';
    const { ID } = await put<{ ID: string }>('/v1/acl/policy', { Name: 'p', Rules: rules });
    const token = await put<{ SecretID: string; AccessorID: string }>('/v1/acl/token', { Policies: [{ ID }] });
    const nobody = await subscribe(server, { Topic: 1, Key: 'web', Token: '' });
    const somebody = await subscribe(server, { Topic: 1, Key: 'web', Token: token.SecretID });
    await Promise.all([nobody.told(1), somebody.told(2)]);
    expect(nobody.events.map(shortly)).toEqual(['end of snapshot']);
    expect(somebody.events.map(shortly)).toEqual(['+a', 'end of snapshot']);
    await server.ask('DELETE', `/v1/acl/token/${token.AccessorID}?token=${management}`);
    await somebody.ended();
    expect(somebody.status()).toBe('7 ACL not found');
    const wrong = await subscribe(server, { Topic: 1, Key: 'web', Token: 'no-such-token' });
    await wrong.ended();
    expect(wrong.status()).toBe('7 ACL not found');
    for (const one of [nobody, somebody, wrong]) one.close();
  });
});
