/** Port 8300 in every state of a roll-out: who gets in, who is refused, and what the log says of it. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { TlsSettings } from '../../../src/agent/config/config.ts';
import { firstBytes, listenRpc } from '../../../src/agent/rpc/listener.ts';
import { ConnectionPool } from '../../../src/agent/rpc/pool.ts';
import { secureSockets } from '../../../src/agent/rpc/secure-sockets.ts';
import { signatures } from '../../../src/agent/rpc/signatures.ts';
import { restoreTo, saveFrom, serveSnapshot } from '../../../src/agent/rpc/snapshot-stream.ts';
import type { Logger } from '../../../src/agent/telemetry/api.ts';
import type { AgentTls } from '../../../src/agent/tls/agent-tls.ts';
import type { KeyPair } from '../../../src/agent/tls/material.ts';
import { nodeRuntime } from '../../../src/lib/runtime-node.ts';
import { nodeSockets } from '../../../src/lib/sockets.ts';
import { make } from '../../../src/structs/make.ts';
import { agentTls, plainTls, testAuthority, tlsSettings } from '../../unit/agent/tls/fixtures.ts';
import { freePort } from '../free-port.ts';

const ca = await testAuthority();
const authorities = [ca.pem];
const serverPair = await ca.issue(['server.dc1.consul'], ['serverAuth', 'clientAuth']);
const clientPair = await ca.issue(['client.dc1.consul'], ['clientAuth', 'serverAuth']);
const expiredPair = await ca.issue(['client.dc1.consul'], [], -1);
const misusedPair = await ca.issue(['client.dc1.consul'], ['serverAuth']);
const stranger = await testAuthority('Stranger');
const strangerPair = await stranger.issue(['server.dc1.consul']);

const { clock } = nodeRuntime;
const leader = '127.0.0.1:1';
const whoLeads = make(signatures['Status.Leader'].args, {});
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Place {
  readonly address: string;
  readonly port: number;
  readonly log: readonly string[];
  readonly rafts: net.Socket[];
}

async function listen(secure: AgentTls, handshakeTimeoutMs = 5000): Promise<Place> {
  const log: string[] = [];
  const write = (text: string, fields: Record<string, unknown> = {}) =>
    void log.push(`${text}: ${String(fields['error'] ?? '')}`);
  const logger = { error: write, warn: write } as unknown as Logger;
  const rafts: net.Socket[] = [];
  const listener = await listenRpc({
    host: '127.0.0.1',
    port: 0,
    handshakeTimeoutMs,
    maxConnsPerClient: () => 1000,
    tls: secure,
    datacenter: 'dc1',
    dispatch: (method) => ({ reply: method === 'Status.Leader' ? leader : {}, meta: {} as never }),
    dispatchEnrolment: () => {
      throw new Error('nothing here');
    },
    onRaft: (socket) => rafts.push(socket),
    onGrpc: null,
    onSnapshot: (socket, rest) =>
      void serveSnapshot(
        socket,
        rest,
        {
          save: async () => ({ meta: {} as never, archive: archive() }),
          restore: async (_, bytes) => {
            let count = 0;
            for await (const chunk of bytes) count += chunk.length;
            if (count !== archiveBytes) throw new Error(`${count} bytes`);
          },
        },
        logger,
      ),
    sockets: nodeSockets,
    clock,
    logger,
  });
  undo.push(() => listener.close());
  return { address: `127.0.0.1:${listener.port}`, port: listener.port, log, rafts };
}

const archiveBytes = 3_000_000;
async function* archive(): AsyncGenerator<Uint8Array> {
  for (let left = archiveBytes; left > 0; left -= 100_000) yield new Uint8Array(100_000);
}

/** How this agent asks servers. */
const waysOf = (secure: AgentTls, datacenter = 'dc1') =>
  secureSockets(nodeSockets, () => secure.asking({ datacenter, offersTls: true }));

async function ask(secure: AgentTls, { address }: Place, datacenter = 'dc1'): Promise<unknown> {
  const pool = new ConnectionPool({ sockets: waysOf(secure, datacenter), clock, maxStreams: 4, idleMs: 1000 });
  undo.push(() => pool.close());
  return pool.call(address, 'Status.Leader', whoLeads, AbortSignal.timeout(5000));
}

const agent = (settings: Partial<TlsSettings>, pair: KeyPair | null = serverPair, trusted = authorities) =>
  agentTls(settings, { authorities: trusted, pair });
const all = {
  verifyIncomingRpc: true,
  verifyOutgoing: true,
  verifyServerHostname: true,
} as const;

describe('a roll-out in steps', () => {
  const stages = {
    'no files': plainTls(),
    'files, nothing verified': agent({}),
    'outgoing verified': agent({ verifyOutgoing: true }),
    'everything verified': agent(all),
  };

  it.each(
    Object.entries(stages).flatMap(([asks, from], i) =>
      Object.entries(stages)
        // A step ahead or behind, as it is while agents are restarted one by one.
        .filter((_, j) => Math.abs(i - j) <= 1)
        .map(([serves, to]) => [asks, serves, from, to] as const),
    ),
  )('an agent with %s asks one with %s', async (_asks, _serves, from, to) => {
    const place = await listen(to);
    // Who offers nothing has not said so in its tags.
    const offersTls = to.hasCertificate;
    const sockets = secureSockets(nodeSockets, () => from.asking({ datacenter: 'dc1', offersTls }));
    const pool = new ConnectionPool({ sockets, clock, maxStreams: 4, idleMs: 1000 });
    undo.push(() => pool.close());
    expect(await pool.call(place.address, 'Status.Leader', whoLeads)).toBe(leader);
    expect(place.log).toEqual([]);
  });
});

describe('a server that verifies', () => {
  it('lets in whoever has a certificate of the authority, many calls at a time', async () => {
    const place = await listen(agent(all));
    for (const pair of [serverPair, clientPair]) {
      const pool = new ConnectionPool({ sockets: waysOf(agent(all, pair)), clock, maxStreams: 4, idleMs: 1000 });
      undo.push(() => pool.close());
      const calls = Array.from({ length: 50 }, () => pool.call(place.address, 'Status.Leader', whoLeads));
      expect(new Set(await Promise.all(calls))).toEqual(new Set([leader]));
    }
    expect(place.log).toEqual([]);
  });

  it.each([
    ['in plain text', plainTls(), 'Non-TLS connection attempted with VerifyIncoming set: '],
    ['without a certificate', agent({ verifyOutgoing: true }, null), "tls: client didn't provide a certificate"],
    [
      'with the certificate of another authority',
      agent({ verifyOutgoing: true }, strangerPair),
      "tls: failed to verify client's certificate: x509: certificate signed by unknown authority",
    ],
    [
      'with a certificate that has expired',
      agent({ verifyOutgoing: true }, expiredPair),
      "tls: failed to verify client's certificate: x509: certificate has expired or is not yet valid",
    ],
    [
      'with a certificate that is not for clients',
      agent({ verifyOutgoing: true }, misusedPair),
      "tls: failed to verify client's certificate: x509: certificate specifies an incompatible key usage",
    ],
  ])('refuses whoever comes %s, says so, and serves on', async (_, from, text) => {
    const place = await listen(agent(all));
    await expect(ask(from, place)).rejects.toThrow();
    await expect.poll(() => place.log.join('\n')).toContain(text);
    expect(await ask(agent(all), place)).toBe(leader);
  });

  it('hears Raft from servers alone', async () => {
    const place = await listen(agent(all));
    const raft = async (pair: KeyPair) => {
      const socket = waysOf(agent(all, pair)).connect({ host: '127.0.0.1', port: place.port });
      undo.push(() => socket.destroy());
      socket.on('error', () => {});
      socket.write(Uint8Array.of(firstBytes.raft));
      return socket;
    };
    const refused = await raft(clientPair);
    refused.resume();
    await once(refused, 'close');
    expect(place.rafts).toHaveLength(0);
    expect(place.log.join()).toContain('raft connection refused: x509: certificate is valid for client.dc1.consul');
    await raft(serverPair);
    await expect.poll(() => place.rafts.length).toBe(1);
  });
});

describe('an agent that verifies', () => {
  it.each([
    [
      'one of another authority',
      agent({}, strangerPair, [stranger.pem]),
      'x509: certificate signed by unknown authority',
    ],
    [
      'a client that poses as one',
      agent({}, clientPair),
      'x509: certificate is valid for client.dc1.consul, 127.0.0.1, not server.dc1.consul',
    ],
    ['one that speaks no TLS', plainTls(), ''],
  ])('asks no server that is %s', async (_, server, text) => {
    const place = await listen(server);
    await expect(ask(agent({ verifyOutgoing: true, verifyServerHostname: true }), place)).rejects.toThrow(
      `rpc error getting client: failed to get conn: ${text}`,
    );
  });

  it('asks no server of another datacenter', async () => {
    const place = await listen(agent({}));
    await expect(ask(agent({ verifyOutgoing: true, verifyServerHostname: true }), place, 'dc2')).rejects.toThrow(
      'not server.dc2.consul',
    );
  });
});

describe('a server that is not there', () => {
  const secure = agent(all);
  const nobody = async () => `127.0.0.1:${await freePort()}`;

  it('is said to refuse connections', async () => {
    const address = await nobody();
    await expect(ask(secure, { address } as Place)).rejects.toThrow(
      `rpc error getting client: failed to get conn: dial tcp ${address}: connect: connection refused`,
    );
  });

  it('harms nobody who has given up on it before', async () => {
    const port = Number((await nobody()).split(':')[1]);
    const socket = waysOf(secure).connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    socket.destroy();
    await once(socket, 'close');
    // An error without a listener would fail this test: the refusal comes a little later.
    await new Promise((done) => setTimeout(done, 50));
  });
});

describe('what goes through', () => {
  it('snapshots, both ways, each half of the connection ending by itself', async () => {
    const place = await listen(agent(all));
    const question = { Datacenter: 'dc1', Token: '', AllowStale: false };
    const signal = AbortSignal.timeout(10_000);
    const saved = await saveFrom(waysOf(agent(all)), place.address, question, signal);
    let count = 0;
    for await (const chunk of saved.archive) count += chunk.length;
    expect(count).toBe(archiveBytes);
    await restoreTo(waysOf(agent(all)), place.address, question, archive(), signal);
  });

  it('certificates that a reload brought: connections from then on', async () => {
    const secure = agent(all);
    const place = await listen(secure);
    expect(await ask(agent(all), place)).toBe(leader);
    secure.reload(tlsSettings(all), { authorities: [stranger.pem], pair: strangerPair });
    await expect(ask(agent(all), place)).rejects.toThrow('unknown authority');
    expect(await ask(agent(all, strangerPair, [stranger.pem]), place)).toBe(leader);
  });

  it('TLS from the first byte, by the protocol that was agreed on', async () => {
    const place = await listen(agent(all));
    const connect = async (protocol: string) => {
      const socket = tls.connect({
        ...{ host: '127.0.0.1', port: place.port, ca: authorities, ...clientPair },
        ...{ servername: 'server.dc1.consul', ALPNProtocols: [protocol] },
      });
      undo.push(() => socket.destroy());
      socket.on('error', () => {});
      await once(socket, 'secureConnect');
      return socket;
    };
    const raft = await connect('consul/raft');
    raft.resume();
    await once(raft, 'close');
    expect(place.log.join()).toContain('raft connection refused');
    expect((await connect('consul/rpc-multi')).alpnProtocol).toBe('consul/rpc-multi');
  });

  it('no TLS within TLS, no unknown bytes', async () => {
    const place = await listen(agent({}));
    for (const [byte, text] of [
      [firstBytes.tls, 'TLS connection attempting to establish inner TLS connection'],
      [firstBytes.enrolment, 'TLS connection attempting to establish inner TLS connection'],
      [99, 'unrecognized RPC byte'],
    ] as const) {
      const socket = waysOf(agent({ verifyOutgoing: true })).connect({ host: '127.0.0.1', port: place.port });
      socket.on('error', () => {});
      socket.write(Uint8Array.of(byte));
      socket.resume();
      await once(socket, 'close');
      expect(place.log.at(-1)).toContain(text);
    }
  });
});

describe('whoever does not get to the point', () => {
  it.each([
    ['says nothing', []],
    ['begins TLS and says nothing', [firstBytes.tls]],
    ['begins to enrol and says nothing', [firstBytes.enrolment]],
    ['begins a handshake and stops', [0x16, 3, 1, 2, 0]],
  ])('is hung up on: who %s', async (_, bytes) => {
    const place = await listen(agent(all), 200);
    const socket = net.connect(place.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(Uint8Array.from(bytes));
    socket.resume();
    await once(socket, 'close');
    expect(await ask(agent(all), place)).toBe(leader);
  });

  it('is hung up on: who sends garbage where a handshake is due', async () => {
    const place = await listen(agent(all));
    const socket = net.connect(place.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(Buffer.concat([Uint8Array.of(firstBytes.tls), Buffer.from('GET / HTTP/1.1\r\n\r\n')]));
    socket.resume();
    await once(socket, 'close');
    expect(place.log.join()).toContain('failed TLS handshake');
  });
});
