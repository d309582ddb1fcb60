/** The answers of the API as values; `respond.ts` puts them on the wire. */
import type { QueryMeta } from '../../structs/common.ts';
import { type Layout, renderAny, renderJson } from '../../structs/json.ts';
import type { Schema } from '../../structs/schema.ts';
import type { RpcError } from '../errors.ts';
import { Rendered } from './rendered.ts';

export interface HttpAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** An iterable is sent piece by piece as it comes. */
  readonly body: Rendered | AsyncIterable<Uint8Array> | Iterable<Uint8Array> | null;
  /** As `Answer.isCurrent`: while true, the same request may be given this very answer again. */
  readonly isCurrent?: (() => boolean) | undefined;
  /** As `Answer.lastContactNs`: a header of the answer says it anew each time. */
  readonly lastContactNs?: (() => number) | undefined;
}

export const plainText = ['Content-Type', 'text/plain; charset=utf-8'] as const;
export const jsonType = ['Content-Type', 'application/json'] as const;

export const empty = (status: number): HttpAnswer => ({ status, headers: [], body: null });

/** An empty text has no type, as in Go: there is nothing to sniff. */
export const text = (status: number, body: string, headers: readonly string[] = []): HttpAnswer =>
  body === ''
    ? { status, headers, body: null }
    : { status, headers: [...headers, ...plainText], body: Rendered.text(body) };

/** A failure as text; why something was refused is a header of its own. */
export const failure = ({ status, message, reason }: RpcError, headers: readonly string[] = []): HttpAnswer =>
  text(status, message, reason === '' ? headers : [...headers, 'X-Tc-Acl-Reason', headerSafe(reason)]);

const maxReason = 1024;
const headerSafe = (value: string): string =>
  value
    .slice(0, maxReason)
    .replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

export const json = <T>(schema: Schema<T>, value: T, layout: Layout, status = 200): HttpAnswer => ({
  status,
  headers: jsonType,
  body: new Rendered(renderJson(schema, value, layout)),
});

/** A value without a schema. */
export const plainJson = (value: unknown, layout: Layout): HttpAnswer => ({
  status: 200,
  headers: jsonType,
  body: new Rendered(renderAny(value, layout)),
});

const booleans = {
  compact: { true: Rendered.text('true'), false: Rendered.text('false') },
  indented: { true: Rendered.text('true\n'), false: Rendered.text('false\n') },
};
const answered = (body: Rendered): HttpAnswer => ({ status: 200, headers: jsonType, body });
const booleanAnswers = {
  compact: [answered(booleans.compact.false), answered(booleans.compact.true)],
  indented: [answered(booleans.indented.false), answered(booleans.indented.true)],
} as const;

/** What writes answer. */
export const yesNo = (value: boolean, layout: Layout): HttpAnswer => booleanAnswers[layout][value ? 1 : 0];

export const lastContactHeader = 'X-Consul-Lastcontact';
/** In whole milliseconds. */
export const lastContactText = (ns: number): string => (ns === 0 ? '0' : String(Math.floor(ns / 1e6)));

/** What every blocking endpoint tells about its answer. An index of 0 would make clients spin: it is shown as 1. */
export function metaHeaders(meta: QueryMeta, consistency = ''): string[] {
  const headers = [
    'X-Consul-Index',
    meta.Index === 0 ? '1' : String(meta.Index),
    'X-Consul-Knownleader',
    meta.KnownLeader ? 'true' : 'false',
    lastContactHeader,
    lastContactText(meta.LastContact),
    'X-Consul-Query-Backend',
    meta.Backend === 1 ? 'streaming' : 'blocking-query',
  ];
  if (consistency !== '') headers.push('X-Consul-Effective-Consistency', consistency);
  return headers;
}

/** The headers of a blocking endpoint that failed before it had anything to tell. */
export const unknownMeta: readonly string[] = metaHeaders({
  Index: 0,
  KnownLeader: false,
  LastContact: 0,
  Backend: 0,
  ConsistencyLevel: '',
  NotModified: false,
});
