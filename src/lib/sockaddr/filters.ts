/** The functions of address templates: where lists of interface addresses come from, and what filters, sorts and shows them. */

import { compareIps, contains, formatIp, type IpBytes, masked, parseCidr, parseIp } from './ip.ts';
import type { NetworkView } from './network.ts';
import { isForwardable, isInRfc } from './special-ranges.ts';

/** Thrown when a template cannot be parsed or evaluated. */
export class TemplateFault extends Error {
  override readonly name = 'TemplateFault';
}

/** One address of one interface. */
export interface InterfaceAddress {
  readonly name: string;
  readonly up: boolean;
  readonly loopback: boolean;
  readonly isDefault: boolean;
  readonly ip: IpBytes;
  readonly prefix: number;
}

export type Addresses = readonly InterfaceAddress[];
export type TemplateValue = string | number | Addresses;

export type TemplateFunction = (network: NetworkView, args: readonly TemplateValue[]) => TemplateValue;

const allAddresses = (network: NetworkView): Addresses =>
  network.interfaces.flatMap(({ name, up, loopback, addresses }) =>
    addresses.flatMap(({ ip, prefix }) => {
      const bytes = parseIp(ip);
      const isDefault = network.defaultRoutes.includes(name);
      return bytes === undefined ? [] : [{ name, up, loopback, isDefault, ip: bytes, prefix }];
    }),
  );

/** Addresses that can be reached from elsewhere, the best first. */
const usable = (network: NetworkView): Addresses =>
  sortBy(
    allAddresses(network).filter((address) => address.up && isForwardable(address.ip)),
    'default,type,size',
  );

const privateAddresses = (network: NetworkView): Addresses =>
  usable(network).filter((address) => isInRfc('6890', address.ip));
const publicAddresses = (network: NetworkView): Addresses =>
  usable(network).filter((address) => !isInRfc('6890', address.ip));

const ofInterface = (network: NetworkView, pattern: string): Addresses =>
  sortBy(
    allAddresses(network).filter((address) => regexp(pattern).test(address.name) && isForwardable(address.ip)),
    'type,size',
  );

const first = (addresses: Addresses): string => (addresses[0] === undefined ? '' : formatIp(addresses[0].ip));
const every = (addresses: Addresses): string => addresses.map((address) => formatIp(address.ip)).join(' ');

export const templateFunctions: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['GetAllInterfaces', allAddresses],
  ['GetDefaultInterfaces', (network) => allAddresses(network).filter((address) => address.isDefault)],
  ['GetPrivateInterfaces', privateAddresses],
  ['GetPublicInterfaces', publicAddresses],
  ['GetPrivateIP', (network) => first(privateAddresses(network))],
  ['GetPrivateIPs', (network) => every(privateAddresses(network))],
  ['GetPublicIP', (network) => first(publicAddresses(network))],
  ['GetPublicIPs', (network) => every(publicAddresses(network))],
  ['GetInterfaceIP', (network, args) => first(ofInterface(network, text(args, 0)))],
  ['GetInterfaceIPs', (network, args) => every(ofInterface(network, text(args, 0)))],
  ['include', (_, args) => list(args, 2).filter(selector(text(args, 0), text(args, 1)))],
  [
    'exclude',
    (_, args) => {
      const selects = selector(text(args, 0), text(args, 1));
      return list(args, 2).filter((address) => !selects(address));
    },
  ],
  ['sort', (_, args) => sortBy(list(args, 1), text(args, 0))],
  ['limit', (_, args) => list(args, 1).slice(0, count(args, 0))],
  ['offset', (_, args) => list(args, 1).slice(count(args, 0))],
  ['unique', (_, args) => unique(list(args, 1), text(args, 0))],
  ['attr', (_, args) => attributeOfFirst(list(args, 1), text(args, 0))],
  [
    'join',
    (_, args) =>
      list(args, 2)
        .map((address) => attribute(address, text(args, 0)))
        .join(text(args, 1)),
  ],
]);

function selector(name: string, wanted: string): (address: InterfaceAddress) => boolean {
  const words = wanted.split('|');
  switch (name.toLowerCase()) {
    case 'address': {
      const pattern = regexp(wanted);
      return (address) => pattern.test(formatIp(address.ip));
    }
    case 'name': {
      const pattern = regexp(wanted);
      return (address) => pattern.test(address.name);
    }
    case 'flag':
    case 'flags':
      return (address) => words.every((word) => hasFlag(address, word));
    case 'network': {
      const networks = words.map((word) => parseCidr(word) ?? fault(`invalid network ${word}`));
      return (address) => networks.some((network) => contains(network, address.ip));
    }
    case 'rfc':
      return (address) => words.some((word) => isInRfc(word, address.ip) ?? fault(`unsupported RFC ${word}`));
    case 'size': {
      const prefixes = words.map((word) =>
        /^\/\d+$/.test(word) ? Number(word.slice(1)) : fault(`invalid size ${word}`),
      );
      return (address) => prefixes.includes(address.prefix);
    }
    case 'type':
      return (address) => words.some((word) => isOfType(address, word));
    default:
      return fault(`invalid filter ${name}`);
  }
}

function hasFlag(address: InterfaceAddress, flag: string): boolean {
  switch (flag.toLowerCase()) {
    case 'up':
      return address.up;
    case 'down':
      return !address.up;
    case 'loopback':
      return address.loopback;
    case 'broadcast':
      return !address.loopback;
    case 'forwardable':
      return isForwardable(address.ip);
    case 'global unicast':
      return isForwardable(address.ip) || isInRfc('5737', address.ip) === true;
    default:
      return fault(`Invalid interface flag: ${flag}`);
  }
}

function isOfType(address: InterfaceAddress, type: string): boolean {
  switch (type.toLowerCase()) {
    case 'ip':
      return true;
    case 'ipv4':
      return address.ip.length === 4;
    case 'ipv6':
      return address.ip.length === 16;
    case 'unix':
      return false;
    default:
      return fault(`unknown address type ${type}`);
  }
}

const ascending: Readonly<Record<string, (a: InterfaceAddress, b: InterfaceAddress) => number>> = {
  address: (a, b) => compareIps(a.ip, b.ip),
  default: (a, b) => Number(b.isDefault) - Number(a.isDefault),
  name: (a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  private: (a, b) => Number(isInRfc('6890', b.ip)) - Number(isInRfc('6890', a.ip)),
  // The larger the network, the earlier.
  size: (a, b) => a.prefix - b.prefix,
  type: (a, b) => a.ip.length - b.ip.length,
};

function sortBy(addresses: Addresses, keys: string): Addresses {
  const orders = keys.split(',').map((key) => {
    const trimmed = key.trim();
    const descending = trimmed.startsWith('-');
    const compare = ascending[trimmed.replace(/^[+-]/, '').toLowerCase()] ?? fault(`unknown sort attribute ${key}`);
    return descending ? (a: InterfaceAddress, b: InterfaceAddress) => compare(b, a) : compare;
  });
  return addresses.toSorted((a, b) => {
    for (const order of orders) {
      const result = order(a, b);
      if (result !== 0) return result;
    }
    return 0;
  });
}

function unique(addresses: Addresses, name: string): Addresses {
  const seen = new Set<string>();
  return addresses.filter((address) => {
    const value = attribute(address, name);
    const isNew = !seen.has(value);
    seen.add(value);
    return isNew;
  });
}

const attributeOfFirst = (addresses: Addresses, name: string): string =>
  addresses[0] === undefined ? '' : attribute(addresses[0], name);

function attribute(address: InterfaceAddress, name: string): string {
  switch (name.toLowerCase()) {
    case 'address':
    case 'host':
      return formatIp(address.ip);
    case 'name':
      return address.name;
    case 'network':
      return `${formatIp(masked(address.ip, address.prefix))}/${address.prefix}`;
    case 'mask_bits':
      return String(address.prefix);
    case 'netmask':
      return formatIp(
        masked(
          address.ip.map(() => 0xff),
          address.prefix,
        ),
      );
    case 'size':
      return String(2n ** BigInt(address.ip.length * 8 - address.prefix));
    case 'type':
      return address.ip.length === 4 ? 'IPv4' : 'IPv6';
    case 'flags':
      return [address.up && 'up', address.loopback ? 'loopback' : 'broadcast', 'multicast'].filter(Boolean).join('|');
    default:
      return fault(`unsupported attribute name "${name}"`);
  }
}

function text(args: readonly TemplateValue[], index: number): string {
  const value = args[index];
  return typeof value === 'string' ? value : fault(`argument ${index + 1} has to be a text`);
}

function count(args: readonly TemplateValue[], index: number): number {
  const value = args[index];
  return typeof value === 'number' ? value : fault(`argument ${index + 1} has to be a number`);
}

function list(args: readonly TemplateValue[], index: number): Addresses {
  const value = args[index];
  return typeof value === 'object' ? value : fault(`argument ${index + 1} has to be a list of addresses`);
}

function regexp(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch {
    return fault(`invalid pattern "${pattern}"`);
  }
}

function fault(complaint: string): never {
  throw new TemplateFault(complaint);
}
