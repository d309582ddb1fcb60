/** IP addresses as the data of records, and in names: `1.0.0.10.in-addr.arpa`. */
import { formatIp, type IpBytes, parseIp } from '../../lib/sockaddr/ip.ts';

/** 4 or 16 bytes, or null for what is no address (a host name). IPv4 within IPv6 is IPv4, as Go has it. */
export function parseAddress(text: string): IpBytes | null {
  // Most host names can be told by their first letter.
  const bytes = /^[0-9a-fA-F:]/.test(text) ? parseIp(text) : undefined;
  if (bytes === undefined) return null;
  const isMapped = bytes.length === 16 && bytes.every((byte, i) => i > 11 || byte === (i < 10 ? 0 : 0xff));
  return isMapped ? bytes.slice(12) : bytes;
}

/** The address a name below in-addr.arpa or ip6.arpa stands for, as text, or null. Labels in lower case. */
export function reverseAddress(labels: readonly string[]): string | null {
  const host = labels.slice(0, -2).reverse();
  const zone = labels.at(-2);
  if (zone === 'in-addr') {
    const bytes = host.length === 4 ? parseIp(host.join('.')) : undefined;
    return bytes === undefined ? null : formatIp(bytes);
  }
  if (zone !== 'ip6' || host.length !== 32 || !host.every((nibble) => /^[0-9a-f]$/.test(nibble))) return null;
  return formatIp([...Buffer.from(host.join(''), 'hex')]);
}
