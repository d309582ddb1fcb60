/** A body that is read as it comes in, and may be refused on the way. */
import type { IncomingMessage } from 'node:http';

/** How long the rest of a refused body is waited for. */
const discardMs = 5_000;

/** The body's pieces. Stopping in the middle leaves the connection alone: the answer still has to go out on it. */
export const uploadOf = (raw: IncomingMessage): AsyncIterable<Uint8Array> => raw.iterator({ destroyOnReturn: false });

/**
 * Drops what is still to come. Resolves at its end, when the client is gone, or after a while: closing a connection on
 * which somebody still writes would take the answer from him.
 */
export function discardRest(raw: IncomingMessage): Promise<void> {
  if (raw.readableEnded || raw.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, discardMs);
    function done(): void {
      clearTimeout(timer);
      raw.off('end', done).off('close', done);
      resolve();
    }
    raw.on('end', done).on('close', done).resume();
  });
}
