/** The listeners on real sockets, over a catalog in memory. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config } from '../../../src/agent/config/config.ts';
import { createDnsServer, type DnsServer } from '../../../src/agent/dns/server.ts';
import { decodeMessage } from '../../../src/agent/dns/wire/decode.ts';
import { Encoder } from '../../../src/agent/dns/wire/encode.ts';
import { wireName } from '../../../src/agent/dns/wire/name.ts';
import { silentLogger } from '../../../src/agent/telemetry/logger.ts';
import { nodeRuntime } from '../../../src/lib/runtime-node.ts';
import { configWith, FakeCatalog, type Instance, queryFor } from '../../unit/agent/dns/world.ts';
import { freePort } from '../free-port.ts';
import { askUdp, asShown, TcpClient } from './wire-client.ts';

const web: Instance[] = Array.from({ length: 12 }, (_, i) => ({
  node: `n${i}`,
  address: `10.0.0.${i + 1}`,
  service: { Service: 'web', Port: 80 },
}));
/** Nothing here is cached. */
const cache = { get: () => Promise.reject(new Error('not cached')) };
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function started(rest: Partial<Config> = {}, host = '127.0.0.1') {
  const port = await freePort();
  let config = configWith({}, { dnsAddrs: [host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`], ...rest });
  const infos: string[] = [];
  const logger = {
    ...silentLogger,
    named: () => silentLogger,
    info: (text: string, fields = {}) => void infos.push(`${text} ${JSON.stringify(fields)}`),
  };
  const catalog = new FakeCatalog(web);
  const metrics = { counter: () => () => {}, sample: () => () => {}, gauge: () => () => {} };
  const dns: DnsServer = createDnsServer({
    config: () => config,
    rpc: catalog,
    cache,
    token: () => '',
    runtime: nodeRuntime,
    logger,
    metrics,
  });
  await dns.start();
  stops.push(() => dns.stop());
  const reload = (next: Config): void => {
    config = next;
    dns.reload();
  };
  return { port, dns, catalog, reload, infos, config };
}

describe('listeners', () => {
  it('answer on UDP and TCP, and say where they listen', async () => {
    const { port, infos } = await started();
    expect(asShown(await askUdp(port, queryFor('n1.node.consul')))?.answer).toEqual([
      'n1.node.consul. 0 IN A 10.0.0.2',
    ]);
    const client = new TcpClient(port);
    client.send(queryFor('web.service.consul', { type: 'SRV' }));
    await expect.poll(() => client.answers.length).toBe(1);
    expect(asShown(client.answers[0]!)?.answer).toHaveLength(12);
    client.socket.destroy();
    expect(infos.map((line) => line.slice(0, 18))).toEqual(['Started DNS server', 'Started DNS server']);
  });

  it('answer on IPv6', async (test) => {
    const server = await started({}, '::1').catch(() => null);
    if (server === null) return test.skip('no IPv6 here');
    const bytes = await askUdp(server.port, queryFor('n0.node.consul'), 2000, '::1');
    expect(asShown(bytes)?.answer).toEqual(['n0.node.consul. 0 IN A 10.0.0.1']);
  });

  it('say in the words of Go what is in their way, and leave nothing open', async () => {
    const { port } = await started();
    const again = createDnsServer({
      config: () => configWith({}, { dnsAddrs: [`127.0.0.1:${port}`] }),
      rpc: new FakeCatalog([]),
      cache,
      token: () => '',
      runtime: nodeRuntime,
      logger: silentLogger,
      metrics: { counter: () => () => {}, sample: () => () => {}, gauge: () => () => {} },
    });
    await expect(again.start()).rejects.toThrow(`listen tcp 127.0.0.1:${port}: bind: address already in use`);
  });

  it('take over new settings', async () => {
    const { port, reload, config } = await started();
    await askUdp(port, queryFor('n1.node.consul'));
    reload({ ...config, dns: { ...config.dns, nodeTtlMs: 33_000 } });
    expect(asShown(await askUdp(port, queryFor('n1.node.consul')))?.answer).toEqual([
      'n1.node.consul. 33 IN A 10.0.0.2',
    ]);
  });

  it('open their port again at once after a stop', async () => {
    const { port, dns } = await started();
    const client = new TcpClient(port);
    client.send(queryFor('n1.node.consul'));
    await expect.poll(() => client.answers.length).toBe(1);
    await dns.stop();
    await expect.poll(() => client.closed).toBe(true);
    await dns.start();
    expect(await askUdp(port, queryFor('n1.node.consul'))).not.toBeNull();
  });

  it('survive a storm of garbage', async () => {
    const { port } = await started();
    const socket = createSocket('udp4');
    for (let i = 0; i < 2000; i++) socket.send(nodeRuntime.random.bytes(i % 600), port, '127.0.0.1');
    await sleep(50);
    socket.close();
    // A question may be lost while the kernel's buffer is full of garbage.
    await expect.poll(() => askUdp(port, queryFor('n1.node.consul'), 300)).not.toBeNull();
  });
});

describe('connections', () => {
  it('answer a thousand queries in one go, each once', async () => {
    const { port } = await started();
    const client = new TcpClient(port);
    client.send(...Array.from({ length: 1000 }, (_, id) => queryFor('web.service.consul', { id, type: 'SRV' })));
    await expect.poll(() => client.answers.length, { timeout: 5000 }).toBe(1000);
    expect(new Set(client.answers.map((answer) => answer.readUInt16BE(0))).size).toBe(1000);
    client.socket.destroy();
  });

  it('wait for the rest of a message, and answer after the other side has ended', async () => {
    const { port } = await started();
    const client = new TcpClient(port);
    const query = queryFor('n1.node.consul');
    const whole = Buffer.concat([Buffer.of(0, query.length), query]);
    for (const byte of whole) {
      client.socket.write(Buffer.of(byte));
      await sleep(1);
    }
    client.socket.end();
    await expect.poll(() => client.answers.length).toBe(1);
    await expect.poll(() => client.closed).toBe(true);
  });

  it('that say nothing, or nonsense, end with their peer', async () => {
    const { port } = await started();
    const silent = new TcpClient(port);
    const answerOnly = new TcpClient(port);
    const broken = queryFor('n1.node.consul');
    broken[2] = 0x81;
    answerOnly.send(broken);
    await sleep(50);
    silent.socket.end();
    answerOnly.socket.end();
    await expect.poll(() => silent.closed && answerOnly.closed).toBe(true);
    expect(answerOnly.answers).toEqual([]);
  });

  it('whose peer does not read are not read either', async () => {
    const { port } = await started();
    const client = new TcpClient(port);
    client.socket.pause();
    const query = queryFor('web.service.consul', { type: 'SRV' });
    const block = Buffer.concat(Array.from({ length: 2000 }, () => Buffer.concat([Buffer.of(0, query.length), query])));
    for (let i = 0; i < 100; i++) client.socket.write(block);
    await sleep(500);
    // What the kernel holds has gone out; the rest waits on our side.
    expect(client.socket.writableLength).toBeGreaterThan(0);
    expect(await askUdp(port, queryFor('n1.node.consul'))).not.toBeNull();
    client.socket.destroy();
  });
});

describe('foreign names', () => {
  it('are answered in the words of the recursor, to the last number', async () => {
    const recursor = createSocket('udp4').bind(0, '127.0.0.1');
    await once(recursor, 'listening');
    stops.push(() => recursor.close());
    recursor.on('message', (bytes: Buffer, { port, address }) => {
      const query = decodeMessage(bytes);
      const zone = wireName('example.test')!;
      const soa = { name: zone, type: 6, class: 1, ttlSeconds: 9, rdata: [zone, zone, new Uint8Array(20).fill(1)] };
      const raw = { name: query.question!.name, type: 4711, class: 1, ttlSeconds: 5, rdata: [Uint8Array.of(1, 2, 3)] };
      const reply = { ...query, flags: 0x8183, answer: [raw], authority: [soa] };
      recursor.send(new Encoder().encode(reply, false).bytes, port, address);
    });
    const { port } = await started({ recursors: [`127.0.0.1:${recursor.address().port}`] });
    expect(asShown(await askUdp(port, queryFor('www.example.test', { id: 99 })))).toMatchObject({
      rcode: 3,
      flags: ['rd', 'ra'],
      answer: ['www.example.test. 5 IN TYPE4711 010203'],
      authority: [`example.test. 9 IN SOA example.test. example.test. ${new Array(5).fill(0x01010101).join(' ')}`],
    });
  });
});

describe('a stop', () => {
  it('ends what waits for a recursor', async () => {
    const deaf = createSocket('udp4').bind(0, '127.0.0.1');
    await once(deaf, 'listening');
    stops.push(() => deaf.close());
    const { port, dns } = await started({ recursors: [`127.0.0.1:${deaf.address().port}`] });
    const asked = askUdp(port, queryFor('www.example.test'), 500);
    await once(deaf, 'message');
    const startMs = performance.now();
    await dns.stop();
    expect(performance.now() - startMs).toBeLessThan(200);
    expect(await asked).toBeNull();
  });
});
