/** Metrics over real sockets: they arrive, and a daemon that is away, refuses or stalls does no harm. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { tcpTransport, udpTransport } from '../../../src/agent/telemetry/statsd-transport.ts';
import { nodeRuntime } from '../../../src/lib/runtime-node.ts';

const { clock } = nodeRuntime;

describe('statsd over UDP', () => {
  it('reaches a host given by name, whole lines to a packet', async () => {
    const daemon = createSocket('udp4');
    daemon.bind(0, '127.0.0.1');
    await once(daemon, 'listening');
    const got: string[] = [];
    daemon.on('message', (packet) => got.push(String(packet)));
    const transport = udpTransport({ host: 'localhost', port: daemon.address().port }, clock);
    const lines = Array.from({ length: 100 }, (_, at) => `consul.metric.number.${at}:1|c\n`);
    await expect
      .poll(() => {
        transport.send(lines);
        return got.join('');
      })
      .toContain(lines.join(''));
    expect(got.length).toBeGreaterThan(1);
    expect(got.every((packet) => packet.endsWith('\n') && packet.length <= 1400)).toBe(true);
    transport.send(['last:1|c\n']);
    transport.close();
    await expect.poll(() => got.at(-1)).toBe('last:1|c\n');
    daemon.close();
  });

  it('survives a host that does not exist and a port where nobody listens', async () => {
    for (const target of [
      { host: 'no-such-host.invalid', port: 1 },
      { host: '127.0.0.1', port: 9 },
    ]) {
      const transport = udpTransport(target, clock);
      for (let at = 0; at < 5; at++) {
        expect(() => transport.send(['x:1|c\n'])).not.toThrow();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      transport.close();
      transport.close();
      expect(() => transport.send(['x:1|c\n'])).not.toThrow();
    }
  });
});

describe('statsite over TCP', () => {
  it('arrives as one stream', async () => {
    let got = '';
    const daemon = createServer((socket) => socket.on('data', (chunk) => (got += String(chunk)))).listen(
      0,
      '127.0.0.1',
    );
    await once(daemon, 'listening');
    const transport = tcpTransport({ host: '127.0.0.1', port: (daemon.address() as AddressInfo).port }, clock);
    transport.send(['a:1|c\n']);
    transport.send(['b:2|g\n']);
    transport.close();
    await expect.poll(() => got).toBe('a:1|c\nb:2|g\n');
    daemon.close();
  });

  it('keeps a bounded backlog for a daemon that does not read', async () => {
    const sockets: Socket[] = [];
    const daemon = createServer({ pauseOnConnect: true }, (socket) => void sockets.push(socket)).listen(0, '127.0.0.1');
    await once(daemon, 'listening');
    const transport = tcpTransport({ host: '127.0.0.1', port: (daemon.address() as AddressInfo).port }, clock);
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    const line = `${'x'.repeat(64 * 1024)}\n`;
    for (let at = 0; at < 2000; at++) {
      transport.send([line]);
      if (at % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const after = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    expect(after - before).toBeLessThan(64 * 1024 * 1024);
    transport.close();
    for (const socket of sockets) socket.destroy();
    daemon.close();
  });

  it('survives a daemon that is away', async () => {
    const transport = tcpTransport({ host: '127.0.0.1', port: 9 }, clock);
    transport.send(['a:1|c\n']);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(() => transport.send(['a:1|c\n'])).not.toThrow();
    transport.close();
  });
});
