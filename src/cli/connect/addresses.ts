/** Addresses in flags of the mesh, with the words in which Go refuses them. */
import { goQuote } from '../../lib/go-format.ts';

/** Thrown for a text that is no address; the message is Go's. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[v6]:port` or `:port`. @throws AddressError */
export function parseHostPort(text: string): HostPort {
  const colon = text.lastIndexOf(':');
  if (colon < 0 || text.endsWith(']')) throw new AddressError(`address ${text}: missing port in address`);
  const written = text.slice(0, colon);
  const host = /^\[(.*)\]$/.exec(written)?.[1] ?? written;
  if (host === written && host.includes(':')) throw new AddressError(`address ${text}: too many colons in address`);
  return { host, port: parsePort(text.slice(colon + 1)) };
}

/** @throws AddressError */
export function parsePort(text: string): number {
  const fail = (why: string): AddressError => new AddressError(`strconv.ParseInt: parsing ${goQuote(text)}: ${why}`);
  if (!/^[+-]?\d+$/.test(text)) throw fail('invalid syntax');
  const port = Number(text);
  if (port < 0 || port > 65535) throw fail('value out of range');
  return port;
}
