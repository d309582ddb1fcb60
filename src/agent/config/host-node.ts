/** The machine itself as the `Host` of a configuration. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import type { NetworkView } from '../../lib/sockaddr/network.ts';
import type { Host } from './host.ts';

export const nodeHost: Host = {
  env: process.env,
  hostname,
  network,
  files: {
    kindOf: (path) => (statSync(path).isDirectory() ? 'directory' : 'file'),
    readText: (path) => readFileSync(path, 'utf8'),
    list: (directory) => readdirSync(directory),
  },
};

/** Only interfaces that are up have addresses here. */
function network(): NetworkView {
  const interfaces = Object.entries(networkInterfaces()).map(([name, addresses = []]) => ({
    name,
    up: true,
    loopback: addresses.some((address) => address.internal),
    addresses: addresses.map(({ address, cidr }) => ({ ip: address, prefix: Number(cidr?.split('/')[1] ?? 0) })),
  }));
  return { interfaces, defaultRoutes: defaultRoutes() };
}

/** Linux lists its routes in a file: interface, destination, gateway, … with 0 as the destination of a default route. */
function defaultRoutes(): string[] {
  let table: string;
  try {
    table = readFileSync('/proc/net/route', 'utf8');
  } catch {
    // Elsewhere nothing tells; templates that ask for the default interface find none.
    return [];
  }
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
  return [...new Set(rows.filter((row) => row[1] === '00000000').map((row) => row[0]!))];
}
