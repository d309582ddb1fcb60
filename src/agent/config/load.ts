/** The way from flags, files and environment to a `Config`, in Consul's order of sources. */

import { buildConfig } from './build.ts';
import type { Config } from './config.ts';
import type { AgentFlags } from './flags.ts';
import { ConfigError } from './go-errors.ts';
import type { Host } from './host.ts';
import type { Settings } from './schema.ts';
import { mergeSources, resolveOldNames, type Source, withDefaults } from './settings.ts';
import { decodeSource, readSources } from './sources.ts';
import { enterpriseWarnings, keyWarnings } from './warnings.ts';

export interface Loaded {
  readonly config: Config;
  /** In the words of the files, with defaults: for reloads and for what is not built yet. */
  readonly settings: Settings;
  /** Only what somebody wrote. */
  readonly written: Source;
}

export type LoadResult =
  | { readonly kind: 'ok'; readonly loaded: Loaded }
  /** Consul's text; `agent` prints it after `==> ` and exits with 1. */
  | { readonly kind: 'error'; readonly message: string };

/**
 * Merges, later wins (lists are appended): list flags, files in the order given, other flags, -hcl fragments. `version`
 * is only shown in `Config.debug`.
 */
export function loadConfig(flags: AgentFlags, host: Host, version = ''): LoadResult {
  try {
    return { kind: 'ok', loaded: load(flags, host, version) };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'error', message: error.message };
    throw error;
  }
}

function load(flags: AgentFlags, host: Host, version: string): Loaded {
  if (flags.format !== '' && flags.format !== 'hcl' && flags.format !== 'json') {
    throw new ConfigError("config: -config-format must be either 'hcl' or 'json'");
  }
  const fileWarnings: string[] = [];
  const texts = readSources(flags.files, flags.format, host.files, fileWarnings);
  const fragments = flags.hcl.map((text, i) => ({ name: `flags-${i}.hcl`, format: 'hcl' as const, text }));
  const merged = mergeSources([flags.lists, ...texts.map(decodeSource), flags.values, ...fragments.map(decodeSource)]);
  const written = resolveOldNames(merged);
  const settings = withDefaults(written, { dev: flags.dev, env: host.env });
  const config = buildConfig(settings, flags.dev, host, version);
  const warnings = [...fileWarnings, ...keyWarnings(merged), ...enterpriseWarnings(written), ...config.warnings];
  return { settings, written, config: { ...config, warnings } };
}
