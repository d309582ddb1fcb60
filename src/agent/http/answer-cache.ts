/**
 * The hot lane: answers that are still current, by the request that got them, ready to be written again. Nothing is looked up,
 * called or rendered for a hit; `isCurrent` of the RPC layer says whether it may be used.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { acceptsGzip } from './accept-encoding.ts';
import { type HttpAnswer, lastContactHeader, lastContactText } from './answer.ts';
import { Rendered } from './rendered.ts';
import type { Endpoint } from './serve.ts';

const maxEntries = 4096;
const maxTotalBytes = 32 * 1024 * 1024;
const maxEntryBytes = 2 * 1024 * 1024;

export interface KeptAnswer {
  readonly endpoint: Endpoint;
  readonly status: number;
  readonly headers: string[];
  readonly body: Rendered;
  readonly isCurrent: () => boolean;
  /** Of an answer whose age is told: where among the headers, and what it is now. */
  readonly age: { readonly at: number; readonly lastContactNs: () => number } | null;
}

export class AnswerCache {
  /** In order of age. */
  readonly #kept = new Map<string, KeptAnswer>();
  #totalBytes = 0;

  find(raw: IncomingMessage): KeptAnswer | undefined {
    if (this.#kept.size === 0) return undefined;
    const key = keyOf(raw, raw.url!);
    if (key === null) return undefined;
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    if (kept.isCurrent()) return kept;
    this.#forget(key, kept);
    return undefined;
  }

  /** `url` as sent; `headers` are those of every answer of the endpoint. */
  keep(raw: IncomingMessage, url: string, answer: HttpAnswer, headers: readonly string[], endpoint: Endpoint): void {
    const { body, isCurrent } = answer;
    if (isCurrent === undefined || (body !== null && !(body instanceof Rendered))) return;
    const key = keyOf(raw, url);
    if (key === null) return;
    const gzipped = key.startsWith(gzipMark) && body?.compressible ? body.gzipped() : null;
    if (gzipped instanceof Promise) {
      // The response waits for it as well, and fails if it does.
      gzipped.then(
        () => isCurrent() && this.keep(raw, url, answer, headers, endpoint),
        () => {},
      );
      return;
    }
    const sent = (gzipped === null ? (body ?? nothing) : new Rendered(gzipped)).alone();
    const sizeBytes = sent.bytes.length;
    const before = this.#kept.get(key);
    if (before !== undefined) this.#forget(key, before);
    if (sizeBytes > maxEntryBytes) return;
    const encoding = gzipped === null ? [] : ['Content-Encoding', 'gzip'];
    const all = [...headers, ...answer.headers, ...encoding, 'Content-Length', String(sizeBytes)];
    const { lastContactNs } = answer;
    const age = lastContactNs === undefined ? null : { at: all.indexOf(lastContactHeader) + 1, lastContactNs };
    this.#kept.set(key, { endpoint, status: answer.status, headers: all, body: sent, isCurrent, age });
    this.#totalBytes += sizeBytes + key.length;
    for (const [oldKey, old] of this.#kept) {
      if (this.#kept.size <= maxEntries && this.#totalBytes <= maxTotalBytes) break;
      this.#forget(oldKey, old);
    }
  }

  clear(): void {
    this.#kept.clear();
    this.#totalBytes = 0;
  }

  #forget(key: string, kept: KeptAnswer): void {
    this.#kept.delete(key);
    this.#totalBytes -= kept.body.bytes.length + key.length;
  }
}

export function repeat(res: ServerResponse, kept: KeptAnswer): void {
  const { age } = kept;
  if (age !== null) kept.headers[age.at] = lastContactText(age.lastContactNs());
  res.writeHead(kept.status, kept.headers);
  kept.body.endOf(res);
}

const nothing = new Rendered(Buffer.alloc(0));
const gzipMark = 'gzip\n';

/** URL and the headers that make a difference; null where that is more than a token and an encoding. */
function keyOf(raw: IncomingMessage, url: string): string | null {
  const headers = raw.rawHeaders;
  let key = url;
  for (let i = 0; i < headers.length; i += 2) {
    // Most requests are told apart by the lengths of their header names alone.
    switch (headers[i]!.length) {
      case 13:
      case 14:
      case 15:
      case 18:
        break;
      default:
        continue;
    }
    const value = headers[i + 1]!;
    switch (headers[i]!.toLowerCase()) {
      case 'cache-control':
      case 'x-consul-namespace':
        return null;
      case 'authorization':
      case 'x-consul-token':
        key = `${value}\n${key}`;
        break;
      case 'accept-encoding':
        if (acceptsGzip(value)) key = gzipMark + key;
        break;
    }
  }
  return key;
}
