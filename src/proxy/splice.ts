/** Two connections as one: what comes in here goes out there, ends included. */
import type { Socket } from 'node:net';

/** Both have to allow being half open. Whatever fails on one side ends both. */
export function splice(a: Socket, b: Socket): void {
  const end = (): void => {
    a.destroy();
    b.destroy();
  };
  for (const socket of [a, b]) {
    socket.on('error', end);
    socket.on('close', end);
    socket.setNoDelay(true);
  }
  // `pipe` ends the other side when one has said all, and holds back who is faster.
  a.pipe(b);
  b.pipe(a);
}

/** `socket`, once it is connected. Rejects with why not; it is destroyed then. */
export function connected<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  timeoutMs: number,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null): void => {
      clearTimeout(timer);
      socket.removeListener('error', done);
      socket.removeListener('close', closed);
      socket.removeListener(event, ready);
      if (error === null) resolve(socket);
      else {
        socket.on('error', () => {});
        socket.destroy();
        reject(error);
      }
    };
    const ready = (): void => done(null);
    const closed = (): void => done(new Error('connection closed'));
    const timer = setTimeout(() => done(new Error('timed out')), timeoutMs);
    socket.once('error', done);
    socket.once('close', closed);
    socket.once(event, ready);
  });
}
