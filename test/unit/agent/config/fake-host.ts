/** A machine that exists only in a test: files in a map, made-up interfaces. */

import { parseAgentFlags } from '../../../../src/agent/config/flags.ts';
import type { Host } from '../../../../src/agent/config/host.ts';
import { type Loaded, type LoadResult, loadConfig } from '../../../../src/agent/config/load.ts';
import type { NetworkView } from '../../../../src/lib/sockaddr/network.ts';

export const oneNetworkCard: NetworkView = {
  defaultRoutes: ['eth0'],
  interfaces: [
    {
      name: 'lo',
      up: true,
      loopback: true,
      addresses: [
        { ip: '127.0.0.1', prefix: 8 },
        { ip: '::1', prefix: 128 },
      ],
    },
    { name: 'eth0', up: true, loopback: false, addresses: [{ ip: '10.1.2.3', prefix: 16 }] },
  ],
};

class FileError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** Paths ending in `/` are empty directories. */
export function fakeHost(files: Readonly<Record<string, string>> = {}, over: Partial<Host> = {}): Host {
  const paths = Object.keys(files);
  const isDirectory = (path: string) => paths.some((file) => file.startsWith(`${path.replace(/\/$/, '')}/`));
  return {
    env: {},
    hostname: () => 'testhost',
    network: () => oneNetworkCard,
    files: {
      kindOf(path) {
        if (Object.hasOwn(files, path) && !path.endsWith('/')) return 'file';
        if (isDirectory(path)) return 'directory';
        throw new FileError('ENOENT');
      },
      readText(path) {
        if (files[path] === undefined) throw new FileError('ENOENT');
        return files[path];
      },
      list(directory) {
        const inside = paths
          .filter((file) => file.startsWith(`${directory}/`))
          .map((file) => file.slice(directory.length + 1));
        return [...new Set(inside.map((file) => file.split('/')[0]!))].filter((name) => name !== '').reverse();
      },
    },
    ...over,
  };
}

export function load(argv: readonly string[], host: Host = fakeHost()): LoadResult {
  const parsed = parseAgentFlags(argv);
  if (parsed.kind !== 'flags') throw new Error(parsed.kind === 'error' ? parsed.message : 'help');
  return loadConfig(parsed.flags, host);
}

/** What was loaded, or the error as an exception. */
export function loaded(argv: readonly string[], host: Host = fakeHost()): Loaded {
  const result = load(argv, host);
  if (result.kind === 'error') throw new Error(result.message);
  return result.loaded;
}

export function refusalOf(argv: readonly string[], host: Host = fakeHost()): string {
  const result = load(argv, host);
  if (result.kind === 'ok') throw new Error('accepted');
  return result.message;
}
