/** Collecting a request body into one Buffer, without promises. */
import type { IncomingMessage } from 'node:http';

const none = Buffer.alloc(0);

/** Whether a body comes, or came, with the request. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return length === undefined ? headers['transfer-encoding'] !== undefined : length !== '0';
}

/**
 * Calls `done` once: with the body, or with null and the size in bytes that was announced or seen when it is over the limit, or
 * with null and less than the limit when the client went away in the middle.
 */
export function collectBody(
  raw: IncomingMessage,
  limitBytes: number,
  done: (body: Buffer | null, sizeBytes: number) => void,
): void {
  if (!hasBody(raw)) {
    raw.resume();
    done(none, 0);
    return;
  }
  const announced = raw.headers['content-length'];
  if (announced !== undefined && Number(announced) > limitBytes) {
    done(null, Number(announced));
    return;
  }
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let sizeBytes = 0;
  let ended = false;
  const finish = (body: Buffer | null): void => {
    if (ended) return;
    ended = true;
    done(body, sizeBytes);
  };
  raw.on('data', (chunk: Buffer) => {
    if (ended) return;
    sizeBytes += chunk.length;
    if (sizeBytes > limitBytes) finish(null);
    else if (first === undefined) first = chunk;
    else if (more === undefined) more = [first, chunk];
    else more.push(chunk);
  });
  raw.on('end', () => finish(more === undefined ? (first ?? none) : Buffer.concat(more, sizeBytes)));
  raw.on('close', () => finish(null));
}
