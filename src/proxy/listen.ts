/** A listener that closes with all its connections. */
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import type { Place } from './config.ts';

export interface Listening {
  close(): Promise<void>;
}

/** Who comes when so many are there is turned away. */
const maxConnections = 8192;

/** Rejects when the address cannot be had. */
export async function listen(server: Server, { host, port }: Place): Promise<Listening> {
  const open = new Set<Socket>();
  server.maxConnections = maxConnections;
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen({ host, port });
  await once(server, 'listening');
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
