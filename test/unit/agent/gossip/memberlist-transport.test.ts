/** What a pool makes of the system's sockets. */
import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { openTransport } from '../../../../src/agent/gossip/memberlist/transport.ts';
import { nodeSockets, type Sockets } from '../../../../src/lib/sockets.ts';

it('survives being told to answer to what is no port', async () => {
  const server = Object.assign(new EventEmitter(), {
    listen: () => setImmediate(() => server.emit('listening')),
    address: () => ({ port: 7946 }),
    close: (done: () => void) => done(),
  });
  // The real one: it throws where it is given no port.
  const udp = nodeSockets.udp('udp4');
  const sockets = { listener: () => server, udp: () => udp } as unknown as Sockets;
  const errors: string[] = [];
  const events = { onPacket: () => {}, onStream: () => {}, onError: ({ message }: Error) => void errors.push(message) };
  udp.bind = () => setImmediate(() => udp.emit('listening')) as unknown as typeof udp;
  const transport = await openTransport(sockets, '127.0.0.1', 7946, events);
  for (const port of [0, -1, 65_536, 70_000]) {
    transport.send({ addr: Uint8Array.of(127, 0, 0, 1), port }, new Uint8Array(1));
  }
  expect(errors).toEqual(['no port: 0', 'no port: -1', 'no port: 65536', 'no port: 70000']);
  await transport.close();
});
