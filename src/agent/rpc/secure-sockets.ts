/** Connections to servers, in TLS where the settings want it: the first byte says so, the handshake follows (section 1). */
import tls from 'node:tls';
import { joinHostPort } from '../../lib/host-port.ts';
import type { Sockets } from '../../lib/sockets.ts';
import { firstBytes } from './listener.ts';

/** @param settingsFor how to ask the server at an address `host:port`; null: in plain text */
export function secureSockets(plain: Sockets, settingsFor: (address: string) => tls.ConnectionOptions | null): Sockets {
  return {
    ...plain,
    connect(options) {
      const settings = settingsFor(joinHostPort(options.host ?? '', options.port));
      const socket = plain.connect(options);
      if (settings === null) return socket;
      socket.write(Uint8Array.of(firstBytes.tls));
      const secure = tls.connect({ ...settings, socket });
      // Both may fail, one after the other, when nobody listens any more: a failure is told by the end of the connection too.
      socket.on('error', (error) => secure.destroy(error));
      secure.on('error', () => {});
      // Whoever gives up the one leaves the other open otherwise, and the server waiting.
      secure.on('close', () => socket.destroy());
      return secure;
    },
  };
}
