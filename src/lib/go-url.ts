/** Escaping of URLs as Go's net/url does it: request lines, redirects and error texts show the same letters as Consul's. */
import { bytesOf } from './msgpack/text.ts';

const plainPath = /^[A-Za-z0-9\-_.~$&+,/:;=@]*$/;
const keptInPath = /[A-Za-z0-9\-_.~$&+,/:;=@]/;
const keptInQuery = /[A-Za-z0-9\-_.~]/;
const keptInHost = /[A-Za-z0-9\-_.~!$&'()*+,:;<=>"[\]]/;

/** Bytes that are no UTF-8 stay what they are (`msgpack/text.ts`). */
function percentEncode(text: string, kept: RegExp): string {
  let out = '';
  for (const byte of bytesOf(text)) {
    const char = String.fromCharCode(byte);
    out += kept.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/** A path: slashes and `$&+,:;=@` stay. */
export const escapePath = (path: string): string => (plainPath.test(path) ? path : percentEncode(path, keptInPath));

/** `url.QueryEscape`, a value of a query string: a space becomes `+`. */
export const escapeQuery = (text: string): string => percentEncode(text, keptInQuery).replaceAll('%20', '+');

/** A host, here also the path of a unix socket. */
export const escapeHost = (host: string): string => percentEncode(host, keptInHost);

export type QueryValue = string | readonly string[] | undefined;

/** `path` (already escaped) with its query string, keys sorted. Undefined and empty lists are left out. */
export function withQuery(path: string, query: Readonly<Record<string, QueryValue>>): string {
  let text = '';
  for (const key of Object.keys(query).sort()) {
    const value = query[key];
    if (value === undefined) continue;
    for (const one of typeof value === 'string' ? [value] : value) {
      text += `${text === '' ? '?' : '&'}${escapeQuery(key)}=${escapeQuery(one)}`;
    }
  }
  return path + text;
}
