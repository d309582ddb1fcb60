/** What `tc top` loads when it is asked for: the dashboard, and its plain twin for scripts. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import type { Client } from '../client/index.ts';
import { nodeRuntime } from '../lib/runtime-node.ts';
import { parseSettings, settingsPath, type TopSettings } from './app/settings.ts';
import { runDashboard } from './dashboard.tsx';
import { printOnce } from './once.ts';
import { clientSource } from './source/client-source.ts';
import { chooseTheme, detectBackground, detectColorDepth, type ThemeChoice } from './theme.ts';
import { views } from './views/index.ts';

export interface TopOptions {
  readonly client: Client;
  readonly view: string;
  readonly readOnly: boolean;
}

/** Ids, for the error that names them. */
export const viewNames = views.map(({ id }) => id);

/** `service web` is a view and its argument. Undefined: there is no such view. */
export function parseView(text: string): { readonly view: string; readonly argument: string } | undefined {
  const [, name = '', argument = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(text) ?? [];
  const view = views.find(({ id, aliases }) => id === name || aliases.includes(name));
  return view === undefined || (view.needsArgument && argument === '') ? undefined : { view: view.id, argument };
}

export async function top({ client, view, readOnly }: TopOptions): Promise<void> {
  const { keys, theme } = readSettings();
  const { env } = process;
  const detected: ThemeChoice = { depth: detectColorDepth(env), background: detectBackground(env) };
  await runDashboard({
    source: clientSource(client),
    clock: nodeRuntime.clock,
    theme: (theme === undefined ? undefined : chooseTheme(theme, detected)) ?? detected,
    keys,
    readOnly,
    start: parseView(view) ?? { view: 'pulse', argument: '' },
    terminal: { stdin: process.stdin, stdout: process.stdout },
  });
}

/** Throws a `SourceError` when the agent does not answer at all. */
export function topOnce(client: Client, view: string, json: boolean, signal: AbortSignal): Promise<string> {
  const start = parseView(view) ?? { view: 'pulse', argument: '' };
  return printOnce({ source: clientSource(client), clock: nodeRuntime.clock, ...start, json, signal });
}

/** Throws a `SettingsError` for a file that is not what it should be. */
function readSettings(): TopSettings {
  const path = settingsPath(process.env);
  if (path === undefined) return parseSettings(undefined, '');
  try {
    return parseSettings(readFileSync(path, 'utf8'), path);
  } catch (error) {
    // Nobody has to have settings.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return parseSettings(undefined, path);
    throw error;
  }
}
