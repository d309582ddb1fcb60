/** TCP and UDP as values that can be replaced, like the clock: the system's own here, a simulated network in `test/sim`. */
import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';

export interface Sockets {
  connect(options: net.TcpNetConnectOpts): net.Socket;
  /** Not listening yet. */
  listener(options: net.ServerOpts, onConnection: (socket: net.Socket) => void): net.Server;
  /** Not bound yet. */
  udp(type: dgram.SocketType): dgram.Socket;
}

/** Resolves when a connection can be used: made, and encrypted if it is to be. Rejects when it fails before. */
export async function opened(socket: net.Socket, signal?: AbortSignal): Promise<void> {
  const isEncrypted = 'encrypted' in socket && socket.encrypted === true;
  await once(socket, isEncrypted ? 'secureConnect' : 'connect', signal === undefined ? {} : { signal });
}

const farewellMs = 10_000;

/** Says that nothing more will come, and waits until the other has said it too; not for ever, as a machine that is gone never does. */
export function hangUp(socket: net.Socket, patienceMs = farewellMs): void {
  socket.end();
  socket.setTimeout(patienceMs, () => socket.destroy());
}

/** Ends a connection once the other has taken what was written; not for ever, as one that hangs never does. */
export function breakOff(socket: net.Socket): void {
  socket.destroySoon();
  if (!socket.destroyed) socket.setTimeout(farewellMs, () => socket.destroy());
}

export const nodeSockets: Sockets = {
  connect: (options) => net.connect(options),
  listener: (options, onConnection) => net.createServer(options, onConnection),
  udp: (type) => dgram.createSocket(type),
};
