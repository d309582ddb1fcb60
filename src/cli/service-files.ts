/** Services defined in files, for commands. */
import { CliError } from './command.ts';

/** @throws CliError for a file that cannot be read or understood; `err` gets the warnings. */
export async function servicesFrom(paths: readonly string[], err: (text: string) => void) {
  const { nodeHost } = await import('../agent/config/host-node.ts');
  const { readServiceFiles } = await import('../agent/local/service-files.ts');
  const read = readServiceFiles(paths, nodeHost.files);
  if (read.kind === 'error') throw new CliError(`Error: ${read.message}`);
  for (const warning of read.warnings) err(`${warning}\n`);
  return read.services;
}
