/** Two services that talk through their proxies: real agent, real proxies, mutual TLS between them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { generateKey, privateKeyPem, selfSign } from '../../../src/lib/x509/index.ts';
import { AgentProcess, tc } from '../agent-process.ts';
import { freePort } from '../free-port.ts';
import { suite } from '../security.ts';

async function ok(agent: AgentProcess, method: string, path: string, body?: object): Promise<string> {
  const { status, text } = await agent.request(method, path, body === undefined ? undefined : JSON.stringify(body));
  expect([status, text]).toEqual([200, text]);
  return text;
}

async function until(what: string, holds: () => Promise<boolean> | boolean, limitMs = 15_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${limitMs} ms: ${what}`);
    await sleep(30);
  }
}

/** Says back what it hears in upper case, and `bye` when the other side has said all. */
async function shouter(): Promise<Server & { port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (data) => socket.write(data.toString('latin1').toUpperCase(), 'latin1'));
    socket.on('end', () => socket.end('bye'));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, { port: (server.address() as { port: number }).port });
}

class Command {
  readonly child: ChildProcess;
  output = '';
  constructor(agent: AgentProcess, args: readonly string[]) {
    this.child = spawn(tc, [...args, `-http-addr=${agent.address}`], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
  }
  async ready(): Promise<void> {
    await until(`ready: ${this.output}`, () => this.output.includes('proxy is ready'));
  }
  async stop(): Promise<number | null> {
    this.child.kill('SIGINT');
    if (this.child.exitCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()));

/** Everything that comes back for what is said; '' when the connection is refused. */
async function say(port: number, text: string): Promise<string> {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let heard = '';
  socket.on('data', (data) => {
    heard += data.toString('latin1');
  });
  socket.on('error', () => {});
  socket.end(text);
  await closed(socket);
  return heard;
}

/** What no intention speaks of is decided as ACLs are by default: denied in the secure suite, unless it is said. */
async function started(): Promise<AgentProcess> {
  const agent = await AgentProcess.create({ dev: true });
  await agent.start();
  const all = '/v1/connect/intentions/exact?source=*&destination=*';
  if (suite !== null) await ok(agent, 'PUT', all, { Action: 'allow' });
  return agent;
}

describe('the built-in proxy', () => {
  it('carries what intentions allow, by mutual TLS, and follows registrations and rotations', async () => {
    await using agent = await started();
    const server = await shouter();
    const [publicPort, webPublic, upstreamPort, movedPort] = await Promise.all([1, 2, 3, 4].map(freePort));
    const upstream = (LocalBindPort: number | undefined) => ({
      Name: 'web',
      Port: 1,
      Connect: {
        SidecarService: { Port: webPublic, Proxy: { Upstreams: [{ DestinationName: 'db', LocalBindPort }] } },
      },
    });
    await ok(agent, 'PUT', '/v1/agent/service/register', {
      Name: 'db',
      Port: server.port,
      Connect: { SidecarService: { Port: publicPort } },
    });
    await ok(agent, 'PUT', '/v1/agent/service/register', upstream(upstreamPort));
    const db = new Command(agent, ['connect', 'proxy', '-sidecar-for', 'db']);
    const web = new Command(agent, ['connect', 'proxy', '-proxy-id', 'web-sidecar-proxy']);
    try {
      await Promise.all([db.ready(), web.ready()]);
      await until('through', async () => (await say(upstreamPort!, 'hello')) === 'HELLObye');

      // Many bytes, both directions, none lost.
      const long = 'abcdefgh'.repeat(500_000);
      expect(await say(upstreamPort!, long)).toBe(`${long.toUpperCase()}bye`);

      // Nobody gets in without a certificate of this mesh.
      const stranger = await generateKey();
      const serial = 1n;
      const day = new Date(Date.now() + 86400_000);
      const cert = selfSign({
        serial,
        subject: { commonName: 'x' },
        notBefore: new Date(0),
        notAfter: day,
        key: stranger,
      });
      for (const identity of [{}, { cert, key: privateKeyPem(stranger) }]) {
        const socket = tls.connect({ port: publicPort!, host: '127.0.0.1', rejectUnauthorized: false, ...identity });
        socket.on('error', () => {});
        socket.on('secureConnect', () => socket.write('hello'));
        let heard = '';
        socket.on('data', (data) => {
          heard += data;
        });
        await closed(socket);
        expect(heard).toBe('');
      }

      // An intention forbids it, and allows it again.
      const intention = '/v1/connect/intentions/exact?source=web&destination=db';
      await ok(agent, 'PUT', intention, { Action: 'deny' });
      await until('denied', async () => (await say(upstreamPort!, 'hello')) === '');
      expect(db.output).toContain('Matched L4 intention');
      await ok(agent, 'PUT', intention, { Action: 'allow' });
      await until('allowed', async () => (await say(upstreamPort!, 'hello')) === 'HELLObye');

      // The root changes under them.
      const key = privateKeyPem(await generateKey());
      const Config = { PrivateKey: key, LeafCertTTL: '72h' };
      await ok(agent, 'PUT', '/v1/connect/ca/configuration', { Provider: 'consul', Config });
      expect(await say(upstreamPort!, 'hello')).toBe('HELLObye');
      const serialOf = async () => JSON.parse(await ok(agent, 'GET', '/v1/agent/connect/ca/leaf/db')).SerialNumber;
      const before = await serialOf();
      await until('renewed', async () => (await serialOf()) !== before, 30_000);
      expect(await say(upstreamPort!, 'hello')).toBe('HELLObye');

      // The registration changes: the listener moves.
      await ok(agent, 'PUT', '/v1/agent/service/register', upstream(movedPort));
      await until('moved', async () => (await say(movedPort!, 'hello').catch(() => '')) === 'HELLObye');
      expect(await say(upstreamPort!, 'hello').catch(() => '')).toBe('');

      // No healthy instance, no connection.
      await ok(agent, 'PUT', '/v1/agent/service/maintenance/db-sidecar-proxy?enable=true');
      await until('gone', async () => (await say(movedPort!, 'hello')) === '');
    } finally {
      const exits = await Promise.all([db.stop(), web.stop()]);
      server.close();
      expect(exits).toEqual([0, 0]);
    }
  });

  it('finds an upstream by a prepared query as well', async () => {
    await using agent = await started();
    const server = await shouter();
    const [publicPort, upstreamPort] = await Promise.all([1, 2].map(freePort));
    await ok(agent, 'POST', '/v1/query', { Name: 'nearest-db', Service: { Service: 'db' } });
    const upstreams = [
      { DestinationType: 'prepared_query', DestinationName: 'nearest-db', LocalBindPort: upstreamPort },
    ];
    await ok(agent, 'PUT', '/v1/agent/service/register', {
      Name: 'db',
      Port: server.port,
      Connect: { SidecarService: { Port: publicPort } },
    });
    const webPublic = await freePort();
    await ok(agent, 'PUT', '/v1/agent/service/register', {
      Name: 'web',
      Port: 1,
      Connect: { SidecarService: { Port: webPublic, Proxy: { Upstreams: upstreams } } },
    });
    const db = new Command(agent, ['connect', 'proxy', '-sidecar-for', 'db']);
    const web = new Command(agent, ['connect', 'proxy', '-sidecar-for', 'web']);
    try {
      await Promise.all([db.ready(), web.ready()]);
      await until('through', async () => (await say(upstreamPort!, 'hello')) === 'HELLObye');
    } finally {
      const exits = await Promise.all([db.stop(), web.stop()]);
      server.close();
      expect(exits).toEqual([0, 0]);
    }
  });

  it('serves exposed paths without the mesh, and nothing else', async () => {
    await using agent = await started();
    const web = http.createServer((request, response) => {
      response.setHeader('x-from', 'web');
      response.end(`${request.method} ${request.url}`);
    });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const LocalPathPort = (web.address() as { port: number }).port;
    const ListenerPort = await freePort();
    const Paths = [{ Path: '/health', ListenerPort, LocalPathPort, Protocol: 'http' }];
    await ok(agent, 'PUT', '/v1/agent/service/register', {
      Name: 'web',
      Port: LocalPathPort,
      Connect: { SidecarService: { Port: await freePort(), Proxy: { Expose: { Paths } } } },
    });
    const proxy = new Command(agent, ['connect', 'proxy', '-sidecar-for', 'web']);
    try {
      await proxy.ready();
      const ask = (path: string) => fetch(`http://127.0.0.1:${ListenerPort}${path}`);
      const answer = await ask('/health?x=1');
      expect([answer.status, answer.headers.get('x-from'), await answer.text()]).toEqual([
        200,
        'web',
        'GET /health?x=1',
      ]);
      for (const path of ['/', '/health/', '/healthz', '/secret', '/health/../secret']) {
        expect((await ask(path)).status).toBe(404);
      }
      web.close();
      web.closeAllConnections();
      expect((await ask('/health')).status).toBe(503);
    } finally {
      expect(await proxy.stop()).toBe(0);
      web.close();
    }
  });

  it('registers itself and goes without a trace', async () => {
    await using agent = await started();
    const server = await shouter();
    const [publicPort, upstreamPort] = await Promise.all([1, 2].map(freePort));
    const args = ['-service=api', `-service-addr=127.0.0.1:${server.port}`, `-listen=127.0.0.1:${publicPort}`];
    const api = new Command(agent, ['connect', 'proxy', ...args, '-register']);
    const web = new Command(agent, ['connect', 'proxy', '-service=web', `-upstream=api:${upstreamPort}`]);
    try {
      await Promise.all([api.ready(), web.ready()]);
      await until('through', async () => (await say(upstreamPort!, 'hi')) === 'HIbye', 30_000);
    } finally {
      const exits = await Promise.all([api.stop(), web.stop()]);
      server.close();
      expect(exits).toEqual([0, 0]);
    }
    expect(Object.keys(JSON.parse(await ok(agent, 'GET', '/v1/agent/services')))).toEqual([]);
  });
});
