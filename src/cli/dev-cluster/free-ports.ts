/** TCP ports that nobody listens on: a row of them, or any. */
import net from 'node:net';

const host = '127.0.0.1';
const lastPort = 65_535;

/** Holds a port until released; null when it is taken. */
function hold(port: number): Promise<net.Server | null> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(null));
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

const release = (servers: readonly net.Server[]): Promise<unknown> =>
  Promise.all(servers.map((server) => new Promise((done) => server.close(done))));

/** `count` ports in a row, from `first` on or the nearest row above that is free. */
export async function freeRow(first: number, count: number): Promise<number[] | null> {
  for (let start = first; start + count - 1 <= lastPort; start++) {
    const held: net.Server[] = [];
    for (let port = start; port < start + count; port++) {
      const server = await hold(port);
      if (server === null) break;
      held.push(server);
    }
    await release(held);
    if (held.length === count) return Array.from({ length: count }, (_, i) => start + i);
    // The one that is taken cannot be part of any row.
    start += held.length;
  }
  return null;
}

/** Different ports, wherever the system has some. */
export async function freePorts(count: number): Promise<number[]> {
  const held: net.Server[] = [];
  while (held.length < count) {
    const server = await hold(0);
    if (server === null) throw new Error('no free port');
    held.push(server);
  }
  const ports = held.map((server) => (server.address() as net.AddressInfo).port);
  await release(held);
  return ports;
}
