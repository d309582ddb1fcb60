/**
 * Ports for tests, TCP and UDP: below those that the system gives to outgoing connections, and for every worker of the suite a
 * stretch of its own, so that nobody takes one between the look and the use.
 */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';

const firstPort = 11_000;
const stretch = 1_500;
const workers = 12;

const worker = Number(process.env['VITEST_POOL_ID'] ?? 0) % workers;
const start = firstPort + worker * stretch;
let given = 0;

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < stretch; tries++) {
    const port = start + (given++ % stretch);
    if ((await isFree(port, listenTcp)) && (await isFree(port, listenUdp))) return port;
  }
  throw new Error('no free port');
}

export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

type Listen = (port: number) => net.Server | dgram.Socket;

const listenTcp: Listen = (port) => net.createServer().listen({ port, host: '127.0.0.1', exclusive: true });
const listenUdp: Listen = (port) => dgram.createSocket('udp4').bind({ port, address: '127.0.0.1', exclusive: true });

async function isFree(port: number, listen: Listen): Promise<boolean> {
  const probe = listen(port);
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}
