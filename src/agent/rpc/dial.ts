/** Connections to servers' RPC ports. */
import type net from 'node:net';
import { networkErrorText } from '../../lib/network-error.ts';
import type { Clock } from '../../lib/runtime.ts';
import { opened, type Sockets } from '../../lib/sockets.ts';
import { ConnectionError } from './stream-client.ts';

export interface Dialing {
  readonly sockets: Sockets;
  readonly clock: Clock;
}

const dialTimeoutMs = 10_000;
/** In the text of every error that says that no connection was made, so that nothing was asked. */
export const notOpened = 'failed to get conn';

/**
 * @param address `host:port` of a server
 * @param signal gives up, with its reason
 * @throws ConnectionError when it cannot be reached
 */
export async function dialServer(
  { sockets, clock }: Dialing,
  address: string,
  signal?: AbortSignal,
): Promise<net.Socket> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(at + 1));
  const socket = sockets.connect({ host, port, noDelay: true, keepAlive: true });
  // It may fail once more after it has failed to open.
  socket.on('error', () => {});
  const timer = clock.after(dialTimeoutMs, () => socket.destroy(new Error(`dial tcp ${address}: i/o timeout`)));
  const giveUp = (): void => void socket.destroy(signal?.reason);
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await opened(socket);
  } catch (error) {
    throw new ConnectionError(`rpc error getting client: ${notOpened}: ${networkErrorText(error, address)}`, {
      cause: error,
    });
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', giveUp);
  }
  return socket;
}
