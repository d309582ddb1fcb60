/** Puts an answer on the wire: common headers, compression, long bodies piece by piece. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createGzip } from 'node:zlib';
import { acceptsGzip } from './accept-encoding.ts';
import type { HttpAnswer } from './answer.ts';
import { hasBody } from './body.ts';
import { Rendered } from './rendered.ts';

/** `headers`: what every answer of this kind of endpoint carries, names and values in turn. */
export function respond(
  raw: IncomingMessage,
  res: ServerResponse,
  answer: HttpAnswer,
  headers: readonly string[],
): void {
  if (res.destroyed) return;
  const all = answer.headers.length === 0 ? [...headers] : headers.concat(answer.headers);
  // The rest of a refused body is not waited for.
  if (answer.status >= 400 && !raw.complete && hasBody(raw)) all.push('Connection', 'close');
  const { body } = answer;
  if (body === null) {
    all.push('Content-Length', '0');
    res.writeHead(answer.status, all);
    res.end();
  } else if (body instanceof Rendered) {
    respondRendered(raw, res, answer.status, all, body);
  } else {
    void pump(raw, res, answer.status, all, body);
  }
}

function respondRendered(
  raw: IncomingMessage,
  res: ServerResponse,
  status: number,
  headers: string[],
  body: Rendered,
): void {
  const gzipped = body.compressible && acceptsGzip(raw.headers['accept-encoding']) ? body.gzipped() : body.bytes;
  if (gzipped instanceof Promise) {
    gzipped.then(
      () => respondRendered(raw, res, status, headers, body),
      (error: Error) => res.destroy(error),
    );
    return;
  }
  if (gzipped !== body.bytes) headers.push('Content-Encoding', 'gzip');
  headers.push('Content-Length', String(gzipped.length));
  res.writeHead(status, headers);
  if (gzipped === body.bytes) body.endOf(res);
  else res.end(gzipped);
}

const sliceMs = 4;

/** A source that fails in the middle breaks the connection: the client must not take the part for the whole. */
async function pump(
  raw: IncomingMessage,
  res: ServerResponse,
  status: number,
  headers: string[],
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const gzip = acceptsGzip(raw.headers['accept-encoding']) ? createGzip() : null;
  if (gzip !== null) headers.push('Content-Encoding', 'gzip');
  res.writeHead(status, headers);
  const sink = gzip ?? res;
  gzip?.pipe(res);
  const closed = new AbortController();
  res.once('close', () => closed.abort());
  try {
    if (Symbol.asyncIterator in source) {
      res.flushHeaders();
      for await (const chunk of source) {
        if (!sink.write(chunk)) await once(sink, 'drain', { signal: closed.signal });
        gzip?.flush();
        if (res.destroyed) break;
      }
    } else {
      let sliceEnd = performance.now() + sliceMs;
      for (const chunk of source) {
        if (!sink.write(chunk)) await once(sink, 'drain', { signal: closed.signal });
        if (res.destroyed) break;
        // A fast reader drains at once, without a turn of the event loop.
        if (performance.now() < sliceEnd) continue;
        await new Promise((resolve) => setImmediate(resolve));
        sliceEnd = performance.now() + sliceMs;
      }
    }
    sink.end();
  } catch {
    gzip?.destroy();
    res.destroy();
  }
}
