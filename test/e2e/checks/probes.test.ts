/** Check runners against real servers and programs on this machine. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { probeGrpc } from '../../../src/agent/checks/grpc.ts';
import { probeH2Ping } from '../../../src/agent/checks/h2ping.ts';
import { type HttpProbe, probeHttp } from '../../../src/agent/checks/http.ts';
import type { Attempt } from '../../../src/agent/checks/runner.ts';
import { probeScript } from '../../../src/agent/checks/script.ts';
import { probeTcp } from '../../../src/agent/checks/tcp.ts';
import { freePort } from '../free-port.ts';
import { cert, key } from './certificate.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** One attempt that may take so long. */
function attempt(timeoutMs = 5000): Attempt & { abort(): void } {
  const controller = new AbortController();
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort();
  }, timeoutMs);
  closers.push(() => clearTimeout(timer));
  return { signal: controller.signal, timeoutMs, timedOut: () => expired, abort: () => controller.abort() };
}

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as net.AddressInfo).port;
}

const strictTls = { skipVerify: false, serverName: '' };
const httpProbe = (url: string, more: Partial<HttpProbe> = {}): HttpProbe => ({
  ...{ url, method: '', headers: null, body: '', outputMaxBytes: 100, tls: strictTls },
  ...more,
});

describe('HTTP checks', () => {
  it('send what they are told, and show status and body', async () => {
    const port = await listen(
      http.createServer((req, res) => {
        let body = '';
        req.on('data', (chunk) => {
          body += chunk;
        });
        req.on('end', () => {
          res.writeHead(429);
          res.end([req.method, req.url, req.headers['x-a'], req.headers.host, req.headers.accept, body].join('|'));
        });
      }),
    );
    const url = `http://127.0.0.1:${port}/p?q=1`;
    const headers = { 'X-A': ['1', '2'], Host: ['other'], Accept: ['mine'] };
    expect(await probeHttp(httpProbe(url, { method: 'PUT', headers, body: 'hello' }), attempt())).toEqual({
      status: 'warning',
      output: `HTTP PUT ${url}: 429 Too Many Requests Output: PUT|/p?q=1|1, 2|other|mine|hello`,
    });
  });

  it('follow redirects, but not for ever', async () => {
    const port = await listen(
      http.createServer((req, res) => {
        if (req.url === '/loop') res.writeHead(302, { location: '/loop' });
        else if (req.url === '/once') res.writeHead(303, { location: '/end' });
        else res.writeHead(req.method === 'GET' ? 200 : 500);
        res.end('end');
      }),
    );
    const base = `http://127.0.0.1:${port}`;
    const once = await probeHttp(httpProbe(`${base}/once`, { method: 'POST', body: 'x' }), attempt());
    expect(once).toEqual({ status: 'passing', output: `HTTP POST ${base}/once: 200 OK Output: end` });
    expect((await probeHttp(httpProbe(`${base}/loop`), attempt())).output).toBe(
      `Get "${base}/loop": stopped after 10 redirects`,
    );
  });

  it('give credentials to the host they are for and to no other, and show them to nobody', async () => {
    const seen = (port: number) => (req: http.IncomingMessage, res: http.ServerResponse) => {
      if (req.url === '/away') res.writeHead(302, { location: `http://127.0.0.1:${port}/` });
      res.end(`${req.headers.authorization} ${req.headers.cookie} ${req.headers['x-a']}`);
    };
    const elsewhere = await listen(http.createServer(seen(0)));
    const port = await listen(http.createServer(seen(elsewhere)));
    const outputOf = async (path: string, headers: HttpProbe['headers'] = null): Promise<string> =>
      (await probeHttp(httpProbe(`http://jo%40x:s:e@127.0.0.1:${port}${path}`, { headers }), attempt())).output;
    const basic = Buffer.from('jo@x:s:e').toString('base64');
    expect(await outputOf('/')).toBe(
      `HTTP GET http://jo%40x:***@127.0.0.1:${port}/: 200 OK Output: Basic ${basic} undefined undefined`,
    );
    const own = { Authorization: ['Bearer t'], Cookie: ['c=1'], 'X-A': ['a'] };
    expect(await outputOf('/', own)).toContain('Output: Bearer t c=1 a');
    expect(await outputOf('/away', own)).toContain('Output: undefined undefined a');
    const closed = await freePort();
    expect((await probeHttp(httpProbe(`http://jo:secret@127.0.0.1:${closed}/`), attempt())).output).toBe(
      `Get "http://jo:***@127.0.0.1:${closed}/": dial tcp 127.0.0.1:${closed}: connect: connection refused`,
    );
  });

  it('take the status of an answer that does not end in time', async () => {
    const port = await listen(
      http.createServer((_req, res) => {
        res.writeHead(503);
        res.write('still ');
      }),
    );
    const url = `http://127.0.0.1:${port}/`;
    expect(await probeHttp(httpProbe(url), attempt(200))).toEqual({
      status: 'critical',
      output: `HTTP GET ${url}: 503 Service Unavailable Output: still `,
    });
  });

  it('survive megabytes of garbage, in bounded memory', async () => {
    const port = await listen(http.createServer((_req, res) => res.end(Buffer.alloc(20_000_000, 0xff))));
    const { status, output } = await probeHttp(httpProbe(`http://127.0.0.1:${port}/`), attempt());
    expect(status).toBe('passing');
    expect(output.endsWith('\ufffd'.repeat(100))).toBe(true);
    expect(output.length).toBeLessThan(200);
  });

  it('survive a server that speaks no HTTP, one that says nothing, and one that hangs up', async () => {
    const odd = await listen(net.createServer((socket) => socket.end('SSH-2.0-x\r\n')));
    const silent = await listen(net.createServer(() => {}));
    const rude = await listen(net.createServer((socket) => socket.destroy()));
    expect((await probeHttp(httpProbe(`http://127.0.0.1:${odd}/`), attempt())).status).toBe('critical');
    expect(await probeHttp(httpProbe(`http://127.0.0.1:${silent}/`), attempt(100))).toEqual({
      status: 'critical',
      output: `Get "http://127.0.0.1:${silent}/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
    });
    expect((await probeHttp(httpProbe(`http://127.0.0.1:${rude}/`), attempt())).output).toContain('Get "http://');
  });

  it('tell what is wrong with an address', async () => {
    const port = await freePort();
    expect((await probeHttp(httpProbe(`http://127.0.0.1:${port}/`), attempt())).output).toBe(
      `Get "http://127.0.0.1:${port}/": dial tcp 127.0.0.1:${port}: connect: connection refused`,
    );
    for (const url of ['', 'http://', 'nonsense', 'ftp://127.0.0.1/', 'http://127.0.0.1:99999/']) {
      expect((await probeHttp(httpProbe(url), attempt())).status, url).toBe('critical');
    }
  });

  it('trust no certificate that nobody signed, unless told to', async () => {
    const port = await listen(https.createServer({ cert, key }, (_req, res) => res.end('safe')));
    const url = `https://127.0.0.1:${port}/`;
    expect((await probeHttp(httpProbe(url), attempt())).output).toContain(
      'x509: certificate signed by unknown authority',
    );
    const trusting = { skipVerify: true, serverName: 'example.test' };
    expect((await probeHttp(httpProbe(url, { tls: trusting }), attempt())).status).toBe('passing');
  });
});

describe('TCP checks', () => {
  it('pass when somebody listens', async () => {
    const port = await listen(net.createServer());
    expect(await probeTcp(`127.0.0.1:${port}`, attempt())).toEqual({
      status: 'passing',
      output: `TCP connect 127.0.0.1:${port}: Success`,
    });
    const closed = await freePort();
    expect(await probeTcp(`127.0.0.1:${closed}`, attempt())).toEqual({
      status: 'critical',
      output: `dial tcp 127.0.0.1:${closed}: connect: connection refused`,
    });
    expect((await probeTcp('nonsense', attempt())).status).toBe('critical');
  });
});

describe('script checks', () => {
  const sh = (script: string, timeoutMs?: number, limit = 100) =>
    probeScript(['/bin/sh', '-c', script], limit, attempt(timeoutMs));

  it('map exit codes, and show both outputs', async () => {
    expect(await sh('echo a; echo b >&2; exit 0')).toEqual({ status: 'passing', output: 'a\nb\n' });
    expect((await sh('exit 1')).status).toBe('warning');
    expect((await sh('exit 2')).status).toBe('critical');
    expect((await sh('kill -9 $$')).status).toBe('critical');
  });

  it('tell why a program cannot be started', async () => {
    expect((await probeScript(['/no/such'], 100, attempt())).output).toBe(
      'fork/exec /no/such: no such file or directory',
    );
    expect((await probeScript(['no-such-program'], 100, attempt())).output).toBe(
      'exec: "no-such-program": executable file not found in $PATH',
    );
    expect((await probeScript(['/etc/passwd'], 100, attempt())).output).toBe(
      'fork/exec /etc/passwd: permission denied',
    );
    expect((await probeScript(['a\0b'], 100, attempt())).status).toBe('critical');
  });

  it('keep the end of megabytes', async () => {
    const { status, output } = await sh('head -c 5000000 /dev/zero; printf end');
    expect(status).toBe('passing');
    expect(output).toBe(`Captured 100 of 5000003 bytes\n...\n${'\0'.repeat(97)}end`);
    const garbage = await sh('head -c 1000 /dev/zero | tr "\\0" "\\377"');
    expect(garbage.output).toBe(`Captured 100 of 1000 bytes\n...\n${'\ufffd'.repeat(100)}`);
  });

  it('kill all that was started when the time is over', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tc-script-'));
    closers.push(() => rm(dir, { recursive: true }));
    const file = join(dir, 'pid');
    expect(await sh(`sleep 60 & echo $! > ${file}; wait`, 300)).toEqual({
      status: 'critical',
      output: 'Timed out (300ms) running check',
    });
    const pid = Number(await readFile(file, 'utf8'));
    const isAlive = () => existsSync(`/proc/${pid}`) && !/State:\s+Z/.test(statusOf(pid));
    for (let i = 0; i < 50 && isAlive(); i++) await sleep(20);
    expect(isAlive()).toBe(false);
  });

  it('do not wait for what a script leaves behind', async () => {
    const startMs = performance.now();
    expect((await sh('sleep 3 & echo done')).output).toBe('done\n');
    expect(performance.now() - startMs).toBeLessThan(2000);
  });

  it('end when nobody wants the result any more', async () => {
    const one = attempt();
    const done = probeScript(['/bin/sleep', '60'], 100, one);
    await sleep(50);
    one.abort();
    expect((await done).status).toBe('critical');
  });
});

/** A health service by the protocol, answering by the name that is asked for. */
function healthServer(server: http2.Http2Server): http2.Http2Server {
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      const name = Buffer.concat(chunks).subarray(7).toString();
      if (headers[':path'] !== '/grpc.health.v1.Health/Check') stream.respond({ ':status': 404 }, { endStream: true });
      else if (name === 'unknown') {
        const trailersOnly = { 'grpc-status': '5', 'grpc-message': 'unknown%20service' };
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...trailersOnly }, { endStream: true });
      } else if (name === 'huge') {
        stream.respond({ ':status': 200 });
        stream.end(Buffer.alloc(1_000_000));
      } else {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, name === 'down' ? 2 : 1]));
      }
    });
  });
  return server;
}

describe('gRPC checks', () => {
  it('pass for a service that serves, with the words of the protocol for one that does not', async () => {
    const port = await listen(healthServer(http2.createServer()));
    const probe = (name: string) => probeGrpc({ target: `127.0.0.1:${port}${name}`, tls: null }, attempt());
    expect(await probe('')).toEqual({ status: 'passing', output: `gRPC check 127.0.0.1:${port}: success` });
    expect(await probe('/web')).toEqual({ status: 'passing', output: `gRPC check 127.0.0.1:${port}/web: success` });
    expect((await probe('/down')).output).toBe("gRPC application didn't report service healthy");
    expect((await probe('/unknown')).output).toBe('rpc error: code = NotFound desc = unknown service');
    expect((await probe('/huge')).status).toBe('critical');
  });

  it('speak TLS when told to', async () => {
    const port = await listen(healthServer(http2.createSecureServer({ cert, key })));
    const target = `127.0.0.1:${port}`;
    const trusting = { skipVerify: true, serverName: '' };
    expect((await probeGrpc({ target, tls: trusting }, attempt())).status).toBe('passing');
    expect((await probeGrpc({ target, tls: strictTls }, attempt())).output).toContain('x509');
    expect((await probeGrpc({ target, tls: null }, attempt())).status).toBe('critical');
  });

  it('survive servers that are none, and targets that are no addresses', async () => {
    const silent = await listen(net.createServer(() => {}));
    const odd = await listen(net.createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    expect((await probeGrpc({ target: `127.0.0.1:${silent}`, tls: null }, attempt(100))).output).toBe(
      'rpc error: code = DeadlineExceeded desc = context deadline exceeded',
    );
    for (const target of [`127.0.0.1:${odd}`, `127.0.0.1:${await freePort()}`, '', 'a b', '127.0.0.1:99999/x']) {
      expect((await probeGrpc({ target, tls: null }, attempt())).status, target).toBe('critical');
    }
  });
});

describe('HTTP/2 ping checks', () => {
  it('pass when a ping is answered', async () => {
    const port = await listen(http2.createSecureServer({ cert, key }));
    const tls = { skipVerify: true, serverName: '' };
    expect(await probeH2Ping({ target: `127.0.0.1:${port}`, tls }, attempt())).toEqual({
      status: 'passing',
      output: 'HTTP2 ping was successful',
    });
    const closed = `127.0.0.1:${await freePort()}`;
    expect((await probeH2Ping({ target: closed, tls }, attempt())).output).toContain(`Failed to dial to ${closed}: `);
  });
});

const statusOf = (pid: number): string => {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return 'State: Z';
  }
};
