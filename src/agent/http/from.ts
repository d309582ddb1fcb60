/** Where a request came from, as logs and lists of clients show it. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** `address:port`; `@` for unix sockets, and when the connection is gone. */
export const from = (raw: IncomingMessage): string => {
  // A request whose connection is gone has no socket, whatever the types say.
  const { remoteAddress, remotePort } = (raw.socket as Socket | null) ?? {};
  if (remoteAddress === undefined) return '@';
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
};
