/** The asking side of a connection between servers. */
import type net from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { PeerChannel } from '../../../../src/agent/raft/peer-channel.ts';
import type { Sockets } from '../../../../src/lib/sockets.ts';
import { manualRuntime } from '../server/manual-runtime.ts';

function channel() {
  /** Both ends of each connection, ours first. */
  const connections: (readonly [Duplex, Duplex])[] = [];
  const lost: string[] = [];
  const sockets = {
    connect: () => {
      const pair = duplexPair();
      pair[1].resume();
      connections.push(pair);
      return pair[0] as unknown as net.Socket;
    },
  } as unknown as Sockets;
  const made = new PeerChannel({
    dial: () => ({ host: 'h', port: 1 }),
    firstByte: 1,
    timeoutMs: 1000,
    maxInFlight: 8,
    sockets,
    clock: manualRuntime().clock,
    onIdleLoss: () => lost.push('idle'),
  });
  const send = (): void =>
    made.send({ bytes: Uint8Array.of(1), onBody: () => true, onError: ({ message }) => lost.push(message) });
  return { made, connections, lost, send };
}
const close = async ([ours]: readonly [Duplex, Duplex]): Promise<void> => {
  ours.destroy();
  await turn();
};

it('says of a connection that was closed what was lost with it, and also when nothing was', async () => {
  const { made, connections, lost, send } = channel();
  send();
  await close(connections[0]!);
  expect(lost).toHaveLength(1);
  expect(lost).not.toContain('idle');
  send();
  // An empty error text, and whatever the body is.
  connections[1]![1].write(Uint8Array.of(0xa0));
  await turn();
  await turn();
  expect(made.inFlight).toBe(0);
  await close(connections[1]!);
  expect(lost.slice(1)).toEqual(['idle']);
  send();
  made.close();
  await turn();
  expect(lost.slice(2)).toEqual(['transport shutdown']);
});
