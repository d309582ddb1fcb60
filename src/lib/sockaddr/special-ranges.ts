/** The special-purpose address blocks of RFC 6890 and what may be forwarded of them (its tables 1 to 20). */

import { contains, type IpBytes, type Network, parseCidr } from './ip.ts';

const network = (cidr: string): Network => parseCidr(cidr)!;

/** RFC 6890 blocks; forwardable as the tables of the RFC have it. */
const specialPurpose: readonly { readonly network: Network; readonly forwardable: boolean }[] = [
  { network: network('0.0.0.0/8'), forwardable: false },
  { network: network('10.0.0.0/8'), forwardable: true },
  { network: network('100.64.0.0/10'), forwardable: true },
  { network: network('127.0.0.0/8'), forwardable: false },
  { network: network('169.254.0.0/16'), forwardable: false },
  { network: network('172.16.0.0/12'), forwardable: true },
  { network: network('192.0.0.0/24'), forwardable: false },
  { network: network('192.0.2.0/24'), forwardable: false },
  { network: network('192.88.99.0/24'), forwardable: true },
  { network: network('192.168.0.0/16'), forwardable: true },
  { network: network('198.18.0.0/15'), forwardable: true },
  { network: network('198.51.100.0/24'), forwardable: false },
  { network: network('203.0.113.0/24'), forwardable: false },
  { network: network('240.0.0.0/4'), forwardable: false },
  { network: network('::1/128'), forwardable: false },
  { network: network('::/128'), forwardable: false },
  { network: network('64:ff9b::/96'), forwardable: true },
  { network: network('::ffff:0:0/96'), forwardable: false },
  { network: network('100::/64'), forwardable: true },
  { network: network('2001::/32'), forwardable: true },
  { network: network('2001:2::/48'), forwardable: true },
  { network: network('2001:db8::/32'), forwardable: false },
  { network: network('2001:10::/28'), forwardable: false },
  { network: network('2002::/16'), forwardable: true },
  { network: network('fc00::/7'), forwardable: true },
  { network: network('fe80::/10'), forwardable: false },
];

/** Blocks that filters name by the number of their RFC. */
const byRfc: Readonly<Record<string, readonly Network[]>> = {
  '1112': ['224.0.0.0/4'].map(network),
  '1918': ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map(network),
  '2544': ['198.18.0.0/15'].map(network),
  '3927': ['169.254.0.0/16'].map(network),
  '4193': ['fc00::/7'].map(network),
  '4291': ['::/128', '::1/128', 'fe80::/10', 'ff00::/8'].map(network),
  '5737': ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'].map(network),
  '6598': ['100.64.0.0/10'].map(network),
  '6890': specialPurpose.map((entry) => entry.network),
};

/** Undefined when the RFC is not known. */
export function isInRfc(rfc: string, ip: IpBytes): boolean | undefined {
  return byRfc[rfc]?.some((range) => contains(range, ip));
}

export function isForwardable(ip: IpBytes): boolean {
  return specialPurpose.find(({ network }) => contains(network, ip))?.forwardable ?? true;
}

const privateIpv4 = ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16'].map(network);

/** The IPv4 ranges an agent advertises without being told. */
export const isPrivateIpv4 = (ip: IpBytes): boolean => privateIpv4.some((range) => contains(range, ip));

const notPublicIpv6 = ['::1/128', '::/128', 'fe80::/10', 'fc00::/7', 'ff00::/8'].map(network);

export const isPublicIpv6 = (ip: IpBytes): boolean =>
  ip.length === 16 && !notPublicIpv6.some((range) => contains(range, ip));
