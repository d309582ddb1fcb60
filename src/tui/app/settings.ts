/** The user's own settings of the dashboard: keys and colours, from one small JSON file. Parsing is pure. */
import { createKeyMap, type KeyMap, type KeyOverrides } from '../keys.ts';
import { themeNames } from '../theme.ts';

export interface TopSettings {
  readonly keys: KeyMap;
  /** A name of `themeNames`. */
  readonly theme: string | undefined;
}

/** Thrown when the file is not what it should be; the message names the file and the mistake. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** `TC_TOP_CONFIG`, else `tc/top.json` where configuration lives. */
export function settingsPath(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env['TC_TOP_CONFIG']) return env['TC_TOP_CONFIG'];
  const folder = env['XDG_CONFIG_HOME'] || (env['HOME'] && `${env['HOME']}/.config`);
  return folder ? `${folder}/tc/top.json` : undefined;
}

/** `{"theme": "dark", "keys": {"filter": ["/", "ctrl-f"], "kv.follow": "F"}}`. Undefined text: no file. */
export function parseSettings(text: string | undefined, path: string): TopSettings {
  const fail = (why: string): never => {
    throw new SettingsError(`${path}: ${why}`);
  };
  if (text === undefined) return { keys: createKeyMap(), theme: undefined };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return fail((error as Error).message);
  }
  if (!isObject(json)) return fail('must be a JSON object');
  const { keys = {}, theme, ...unknown } = json;
  const [first] = Object.keys(unknown);
  if (first !== undefined) fail(`unknown setting "${first}"`);
  if (theme !== undefined && !(themeNames as readonly unknown[]).includes(theme)) {
    fail(`"theme" must be one of ${themeNames.join(', ')}`);
  }
  if (!isObject(keys)) return fail('"keys" must be an object of commands');
  const overrides: Record<string, readonly string[]> = {};
  for (const [command, value] of Object.entries(keys)) {
    const list = typeof value === 'string' ? [value] : value;
    if (!Array.isArray(list) || !list.every((key) => typeof key === 'string' && key !== '')) {
      return fail(`"keys.${command}" must be a key or a list of keys`);
    }
    overrides[command] = list;
  }
  return { keys: mapOf(overrides, fail), theme: theme as string | undefined };
}

function mapOf(overrides: KeyOverrides, fail: (why: string) => never): KeyMap {
  try {
    return createKeyMap(overrides);
  } catch (error) {
    return fail((error as Error).message);
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
