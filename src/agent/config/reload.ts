/** Taking over the changes of a reload: only keys that the schema marks; all others wait for a restart. */

import { buildConfig } from './build.ts';
import { leavesOf } from './field.ts';
import { ConfigError } from './go-errors.ts';
import type { Host } from './host.ts';
import type { Loaded, LoadResult } from './load.ts';
import { type Settings, schema } from './schema.ts';
import { type Source, valueAt, withValueAt } from './settings.ts';

export interface ReloadableDiff {
  /** Keys whose new value takes effect. */
  readonly applied: readonly string[];
  /** Changed keys that need a restart. */
  readonly ignored: readonly string[];
}

/** Older names have handed their values on. */
const leaves = leavesOf(schema).filter(({ field }) => field.oldNameOf === undefined);

export function reloadableDiff(current: Settings, fresh: Settings): ReloadableDiff {
  const changed = leaves.filter(({ path }) => !sameValue(valueAt(current, path), valueAt(fresh, path)));
  return {
    applied: changed.filter(({ field }) => field.reload).map(({ key }) => key),
    ignored: changed.filter(({ field }) => !field.reload).map(({ key }) => key),
  };
}

/** The running configuration with the reloadable values of the fresh one. */
export function reloaded(current: Loaded, fresh: Loaded, host: Host, version = ''): LoadResult {
  let settings: Source = current.settings;
  for (const { path, field } of leaves) {
    if (field.reload) settings = withValueAt(settings, path, valueAt(fresh.settings, path));
  }
  const next = settings as unknown as Settings;
  try {
    const config = buildConfig(next, current.config.devMode, host, version);
    const { warnings } = fresh.config;
    return { kind: 'ok', loaded: { config: { ...config, warnings }, settings: next, written: fresh.written } };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'error', message: error.message };
    throw error;
  }
}

/** Values as decoded: scalars, lists and maps. */
function sameValue(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && sameValue((a as Source)[key], (b as Source)[key]));
}
