/** The work of `validate`: loading files as an agent would, without starting one. */

import type { AgentFlags } from './flags.ts';
import type { Host } from './host.ts';
import { loadConfig } from './load.ts';

export interface ValidateOptions {
  /** '' = by the extension of each file. */
  readonly format: string;
  /** Nothing is printed when all is well. */
  readonly quiet: boolean;
}

export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: 0 | 1;
}

export function validateFiles(paths: readonly string[], { format, quiet }: ValidateOptions, host: Host): Outcome {
  const failed = (text: string): Outcome => ({ stdout: '', stderr: `${text}\n`, exitCode: 1 });
  if (paths.length === 0) return failed('Must specify at least one config file or directory');
  if (format !== '' && format !== 'hcl' && format !== 'json') {
    return failed("-config-format must be either 'hcl' or 'json");
  }
  const flags: AgentFlags = { dev: false, files: paths, format, lists: {}, values: {}, hcl: [] };
  const result = loadConfig(flags, host);
  if (result.kind === 'error') return failed(`Config validation failed: ${result.message}`);
  const warnings = result.loaded.config.warnings.map((warning) => `${warning}\n`).join('');
  return { stdout: quiet ? '' : 'Configuration is valid!\n', stderr: warnings, exitCode: 0 };
}
