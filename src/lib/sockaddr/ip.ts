/** IP addresses and networks as bytes: parsing, membership, canonical text. */

/** 4 or 16 bytes. */
export type IpBytes = readonly number[];

export interface Network {
  readonly bytes: IpBytes;
  readonly prefix: number;
}

/** Undefined when the text is no IP address. Zones and brackets are not accepted. */
export function parseIp(text: string): IpBytes | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** By hand, and without an array that grows: answers with thousands of addresses parse each of them. */
function parseIpv4(text: string): IpBytes | undefined {
  let number = 0;
  let byte = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit >= 0 && digit <= 9) {
      byte = byte * 10 + digit;
      if (++digits > 3 || byte > 255) return undefined;
      continue;
    }
    if (text[at] !== '.' || digits === 0 || ++dots > 3) return undefined;
    number = number * 256 + byte;
    byte = 0;
    digits = 0;
  }
  if (dots !== 3 || digits === 0) return undefined;
  return [(number >> 16) & 0xff, (number >> 8) & 0xff, number & 0xff, byte];
}

function parseIpv6(text: string): IpBytes | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groups(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

/** The bytes of colon-separated groups; the last may be an IPv4 address when the address ends there. */
function groups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const bytes: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      const group = Number.parseInt(part, 16);
      bytes.push(group >> 8, group & 0xff);
      continue;
    }
    const ipv4 = mayEndInIpv4 && i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (ipv4 === undefined) return undefined;
    bytes.push(...ipv4);
  }
  return bytes;
}

/** "10.0.0.0/8"; undefined when it is no network. */
export function parseCidr(text: string): Network | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const bytes = match === null ? undefined : parseIp(match[1]!);
  if (bytes === undefined) return undefined;
  const prefix = Number(match![2]);
  return prefix > bytes.length * 8 ? undefined : { bytes: masked(bytes, prefix), prefix };
}

export function contains(network: Network, ip: IpBytes): boolean {
  if (network.bytes.length !== ip.length) return false;
  return masked(ip, network.prefix).every((byte, i) => byte === network.bytes[i]);
}

/** The address with everything after the prefix set to zero. */
export function masked(ip: IpBytes, prefix: number): IpBytes {
  return ip.map((byte, i) => byte & (0xff00 >> Math.min(Math.max(prefix - i * 8, 0), 8)) & 0xff);
}

export function compareIps(a: IpBytes, b: IpBytes): number {
  if (a.length !== b.length) return a.length - b.length;
  const at = a.findIndex((byte, i) => byte !== b[i]);
  return at === -1 ? 0 : a[at]! - b[at]!;
}

/** RFC 5952 for IPv6: lower case, the longest run of zero groups as `::`. */
export function formatIp(ip: IpBytes): string {
  if (ip.length === 4) return ip.join('.');
  const words = Array.from({ length: 8 }, (_, i) => (ip[i * 2]! << 8) | ip[i * 2 + 1]!);
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && words[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = (part: readonly number[]) => part.map((word) => word.toString(16)).join(':');
  if (best.start === -1) return hex(words);
  return `${hex(words.slice(0, best.start))}::${hex(words.slice(best.start + best.length))}`;
}

/** 0.0.0.0 and ::. */
export const isUnspecified = (ip: IpBytes): boolean => ip.every((byte) => byte === 0);
