/** What loading a configuration takes from the machine, as a value that tests replace. The real one: `host-node.ts`. */

import type { NetworkView } from '../../lib/sockaddr/network.ts';

export interface Host {
  readonly files: Files;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asked only when an address has to be found. */
  network(): NetworkView;
  hostname(): string;
}

/** Failures are thrown as errors with the system's `code` (ENOENT, EACCES, …). Links are followed. */
export interface Files {
  kindOf(path: string): 'file' | 'directory';
  readText(path: string): string;
  list(directory: string): readonly string[];
}
