/** Every kind of check as a user registers it: through the API of a real agent, which runs it against real servers. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { until } from '../cluster/node.ts';
import { secureIn, suite } from '../security.ts';

interface Check {
  readonly Status: string;
  readonly Output: string;
}

let dir: string;
let agent: AgentProcess;
const servers: net.Server[] = [];
/** A server that shows a certificate of the authority and demands one. */
let closed: { cert: string; key: string; ca: string; requestCert: true; rejectUnauthorized: true };

async function listen(server: net.Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tc-e2e-kinds-'));
  const { directory } = suite ?? (await secureIn(dir));
  const file = (name: string): string => join(directory, name);
  const read = (name: string): Promise<string> => readFile(file(name), 'utf8');
  const [cert, key, ca] = await Promise.all(['client.pem', 'client-key.pem', 'ca.pem'].map(read));
  closed = { cert: cert!, key: key!, ca: ca!, requestCert: true, rejectUnauthorized: true };
  const settings = [
    `ca_file = "${file('ca.pem')}" cert_file = "${file('server.pem')}" key_file = "${file('server-key.pem')}"`,
    'enable_agent_tls_for_checks = true',
    'enable_script_checks = true',
    'check_update_interval = "0s"',
    'check_output_max_size = 300',
  ];
  agent = await AgentProcess.create({ args: ['-hcl', settings.join('\n')] });
  await agent.start();
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  for (const server of servers) server.close();
  await rm(dir, { recursive: true, force: true });
});

async function put(path: string, body: object): Promise<void> {
  const { status, text } = await agent.request('PUT', path, JSON.stringify(body));
  expect([status, text]).toEqual([200, path.startsWith('/v1/catalog/') ? 'true' : '']);
}

/** What the check says when it first says this status. */
async function outputOf(id: string, status: string): Promise<string> {
  let output = '';
  await until(`${id} is ${status}`, async () => {
    const checks = JSON.parse((await agent.request('GET', '/v1/agent/checks')).text) as Record<string, Check>;
    output = checks[id]?.Output ?? '';
    return checks[id]?.Status === status && output !== '';
  });
  return output;
}

const register = (ID: string, definition: object): Promise<void> =>
  put('/v1/agent/check/register', { ID, Name: ID, Interval: '1s', Timeout: '900ms', ...definition });

describe('a check of an agent', () => {
  it('asks over HTTP with method, headers and body, and keeps the end of a long answer', async () => {
    const server = http.createServer((req, res) => {
      let body = '';
      req.on('data', (chunk) => {
        body += chunk;
      });
      req.on('end', () => res.end(`${'x'.repeat(5000)}${req.method} ${req.headers['x-a']} ${body}`));
    });
    const url = `http://127.0.0.1:${await listen(server)}/`;
    await register('http', { HTTP: url, Method: 'POST', Header: { 'X-A': ['1', '2'] }, Body: 'ping' });
    await register('short', { HTTP: url, OutputMaxSize: 20 });
    const tail = 'POST 1, 2 ping';
    expect(await outputOf('http', 'passing')).toBe(
      `HTTP POST ${url}: 200 OK Output: ${'x'.repeat(300 - tail.length)}${tail}`,
    );
    expect(await outputOf('short', 'passing')).toBe(`HTTP GET ${url}: 200 OK Output: xxxxxxGET undefined `);
  });

  it("shows the agent's certificate over HTTPS, gRPC and HTTP/2, and checks the name of the server", async () => {
    const secure = await listen(https.createServer(closed, (_req, res) => res.end('safe')));
    const ping = await listen(http2.createSecureServer(closed));
    const grpc = http2.createSecureServer(closed);
    grpc.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
    });
    const grpcPort = await listen(grpc);
    await register('https', { HTTP: `https://127.0.0.1:${secure}/`, TLSServerName: 'localhost' });
    await register('https-other', { HTTP: `https://127.0.0.1:${secure}/`, TLSServerName: 'other.test' });
    await register('h2ping', { H2PING: `127.0.0.1:${ping}` });
    await register('grpc', { GRPC: `127.0.0.1:${grpcPort}/web`, GRPCUseTLS: true });
    await register('grpc-plain', { GRPC: `127.0.0.1:${grpcPort}/web` });
    expect(await outputOf('https', 'passing')).toContain('Output: safe');
    expect(await outputOf('https-other', 'critical')).toMatch(
      /^Get "https:.*": x509: certificate is valid for client.dc1.consul, .*, localhost, not other.test$/,
    );
    expect(await outputOf('h2ping', 'passing')).toBe('HTTP2 ping was successful');
    expect(await outputOf('grpc', 'passing')).toBe(`gRPC check 127.0.0.1:${grpcPort}/web: success`);
    expect(await outputOf('grpc-plain', 'critical')).toContain('rpc error: code = Unavailable');
  });

  it('connects, runs programs, and gives neither more time than they have', async () => {
    const port = await listen(net.createServer((socket) => socket.destroy()));
    await register('tcp', { TCP: `127.0.0.1:${port}` });
    await register('script', { Args: ['/bin/sh', '-c', 'head -c 3000000 /dev/urandom; exit 1'] });
    await register('slow', { Args: ['/bin/sleep', '30'], Timeout: '200ms' });
    expect(await outputOf('tcp', 'passing')).toBe(`TCP connect 127.0.0.1:${port}: Success`);
    expect(await outputOf('script', 'warning')).toMatch(/^Captured 300 of 3000000 bytes\n\.\.\.\n/);
    expect(await outputOf('slow', 'critical')).toBe('Timed out (200ms) running check');
  });

  it('believes a change only when it comes so often in a row', async () => {
    let isWell = true;
    let asked = 0;
    const server = http.createServer((_req, res) => {
      asked++;
      res.writeHead(isWell ? 200 : 500).end();
    });
    const HTTP = `http://127.0.0.1:${await listen(server)}/`;
    const limits = { SuccessBeforePassing: 2, FailuresBeforeCritical: 3 };
    await register('patient', { HTTP, ...limits });
    await outputOf('patient', 'passing');
    expect(asked).toBe(2);
    isWell = false;
    asked = 0;
    await outputOf('patient', 'critical');
    expect(asked).toBe(3);
  }, 20_000);

  it('is as well as what it stands for, here and on another node', async () => {
    // Failing checks of the node would count as well.
    const others = JSON.parse((await agent.request('GET', '/v1/agent/checks')).text) as object;
    for (const id of Object.keys(others)) await put(`/v1/agent/check/deregister/${id}`, {});
    const Service = { ID: 'db1', Service: 'db' };
    await put('/v1/agent/service/register', { ID: 'db1', Name: 'db', Check: { CheckID: 'ttl', TTL: '1h' } });
    await put('/v1/agent/service/register', { Name: 'near', Check: { CheckID: 'local', AliasService: 'db1' } });
    const Check = { CheckID: 'c', Name: 'disk', Status: 'critical', Output: 'full', ServiceID: 'db1' };
    await put('/v1/catalog/register', { Node: 'other', Address: '10.0.0.9', Service, Check });
    await register('remote', { ServiceID: 'near', AliasNode: 'other', AliasService: 'db1', Interval: '' });
    await put('/v1/agent/check/update/ttl', { Status: 'warning', Output: 'hot' });
    expect(await outputOf('local', 'warning')).toBe('Aliased check "Service \'db\' check" failing: hot');
    expect(await outputOf('remote', 'critical')).toBe('Aliased check "disk" failing: full');
    await put('/v1/catalog/register', { Node: 'other', Address: '10.0.0.9', Check: { ...Check, Status: 'passing' } });
    expect(await outputOf('remote', 'passing')).toBe('All checks passing.');
    await put('/v1/catalog/deregister', { Node: 'other', ServiceID: 'db1' });
    expect(await outputOf('remote', 'critical')).toBe('Service db1 could not be found on node');
  });
});
