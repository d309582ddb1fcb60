/** Escaping of URLs as Go's net/url does it: request lines and error texts show the same letters as Consul's client. */

const rest = /[!'()*]/g;
const hex = (c: string): string => `%${c.charCodeAt(0).toString(16).toUpperCase()}`;

/** Lone surrogates cannot be sent; they become U+FFFD as in any UTF-8 encoder. */
const component = (text: string): string => encodeURIComponent(text.toWellFormed()).replace(rest, hex);

const plainPath = /^[A-Za-z0-9\-_.~$&+,/:;=@]*$/;
const kept = /%(?:24|26|2B|2C|2F|3A|3B|3D|40)/g;

/** A path: slashes and `$&+,:;=@` stay. */
export function escapePath(path: string): string {
  if (plainPath.test(path)) return path;
  return component(path).replace(kept, decodeURIComponent);
}

/** A value of a query string: a space becomes `+`. */
export const escapeQuery = (text: string): string => component(text).replaceAll('%20', '+');

const hostKept = /%(?:21|22|24|26|27|28|29|2A|2B|2C|3A|3B|3C|3D|3E|5B|5D)/g;

/** A host, here also the path of a unix socket. */
export const escapeHost = (host: string): string => component(host).replace(hostKept, decodeURIComponent);

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
