/**
 * Every key of the dashboard, as one table of named commands. Dispatch, the hints in the footer and the help page all
 * come from here; nothing else knows which key does what.
 */

/** Where a command is valid. A view lists its scopes; `global` is valid everywhere but while typing. */
export type Scope = 'global' | 'list' | 'open' | 'kv' | 'logs' | 'sessions' | 'typing';

interface KeyBinding {
  readonly command: string;
  readonly keys: readonly string[];
  readonly scope: Scope;
  /** One line of the help page. */
  readonly help: string;
  /** A word or two for the footer; commands without one are found in the help page. */
  readonly hint?: string;
}

export const keyTable = [
  { command: 'filter', keys: ['/'], scope: 'global', help: 'Filter rows (! first: rows without it)', hint: 'filter' },
  { command: 'help', keys: ['?'], scope: 'global', help: 'Show or hide this page', hint: 'help' },
  { command: 'quit', keys: ['q', 'ctrl-c'], scope: 'global', help: 'Quit', hint: 'quit' },
  { command: 'next-view', keys: ['tab'], scope: 'global', help: 'Next view' },
  { command: 'previous-view', keys: ['shift-tab'], scope: 'global', help: 'Previous view' },
  { command: 'back', keys: ['esc', 'backspace'], scope: 'global', help: 'Back: close, clear the filter' },
  { command: 'redraw', keys: ['ctrl-l'], scope: 'global', help: 'Draw the screen anew' },
  { command: 'suspend', keys: ['ctrl-z'], scope: 'global', help: 'Suspend; fg comes back' },

  { command: 'up', keys: ['up', 'k'], scope: 'list', help: 'Up' },
  { command: 'down', keys: ['down', 'j'], scope: 'list', help: 'Down' },
  { command: 'page-up', keys: ['pgup', 'ctrl-b'], scope: 'list', help: 'Page up' },
  { command: 'page-down', keys: ['pgdn', 'ctrl-f'], scope: 'list', help: 'Page down' },
  { command: 'first', keys: ['home', 'g'], scope: 'list', help: 'First row' },
  { command: 'last', keys: ['end', 'G'], scope: 'list', help: 'Last row' },

  { command: 'enter', keys: ['enter'], scope: 'open', help: 'Open what the cursor is on', hint: 'open' },

  { command: 'expand', keys: ['right', 'l'], scope: 'kv', help: 'Open a folder' },
  { command: 'collapse', keys: ['left', 'h'], scope: 'kv', help: 'Close a folder, or go to the one around' },
  { command: 'value-format', keys: ['v'], scope: 'kv', help: 'Value as text, JSON, hex', hint: 'value as' },

  { command: 'scan-locks', keys: ['s'], scope: 'sessions', help: 'Look for locks among very many keys' },

  { command: 'more-logs', keys: ['+', '='], scope: 'logs', help: 'More detailed log level', hint: 'level' },
  { command: 'fewer-logs', keys: ['-'], scope: 'logs', help: 'Less detailed log level' },
  { command: 'pause', keys: ['p', 'space'], scope: 'logs', help: 'Pause and go on', hint: 'pause' },

  { command: 'typing-done', keys: ['enter'], scope: 'typing', help: 'Keep the filter', hint: 'keep' },
  { command: 'typing-cancel', keys: ['esc', 'ctrl-c'], scope: 'typing', help: 'Drop the filter', hint: 'drop' },
  { command: 'typing-erase', keys: ['backspace', 'delete'], scope: 'typing', help: 'Erase a character' },
  { command: 'typing-clear', keys: ['ctrl-u'], scope: 'typing', help: 'Erase all' },
] as const satisfies readonly KeyBinding[];

export type Command = (typeof keyTable)[number]['command'];

/** `1` to `9` choose a view by its place; they are not in the table because the views are. */
export function viewNumber(key: string): number | undefined {
  return /^[1-9]$/.test(key) ? Number(key) : undefined;
}

const byScope = new Map<Scope, Map<string, Command>>();
for (const { command, keys, scope } of keyTable) {
  const inScope = byScope.get(scope) ?? new Map<string, Command>();
  for (const key of keys) inScope.set(key, command);
  byScope.set(scope, inScope);
}

/** The command of a key; earlier scopes win. */
export function commandFor(key: string, scopes: readonly Scope[]): Command | undefined {
  for (const scope of scopes) {
    const command = byScope.get(scope)?.get(key);
    if (command !== undefined) return command;
  }
  return undefined;
}

const keySigns: Readonly<Record<string, string>> = {
  up: '↑',
  down: '↓',
  left: '←',
  right: '→',
  enter: '⏎',
  'shift-tab': '⇧tab',
};

/** A key as it is shown: `↑`, `esc`, `^L`. */
export function keyLabel(key: string): string {
  return keySigns[key] ?? (key.startsWith('ctrl-') ? `^${key.slice(5).toUpperCase()}` : key);
}

export interface KeyHint {
  readonly key: string;
  readonly hint: string;
}

/** What the footer says for these scopes: only commands with a hint, in table order, the most special scope first. */
export function hintsFor(scopes: readonly Scope[]): KeyHint[] {
  return scopes.flatMap((scope) =>
    (keyTable as readonly KeyBinding[])
      .filter((binding) => binding.scope === scope && binding.hint !== undefined)
      .map(({ keys, hint }) => ({ key: keyLabel(keys[0]!), hint: hint! })),
  );
}

export interface HelpSection {
  readonly title: string;
  readonly rows: readonly { readonly keys: string; readonly help: string }[];
}

const scopeTitles: readonly (readonly [Scope, string])[] = [
  ['global', 'Everywhere'],
  ['list', 'Lists'],
  ['open', 'What can be opened'],
  ['kv', 'KV'],
  ['sessions', 'Sessions'],
  ['logs', 'Logs'],
  ['typing', 'While typing a filter'],
];

/** The help page. */
export function helpSections(viewTitles: readonly string[]): HelpSection[] {
  const views = viewTitles.map((title, index) => ({ keys: String(index + 1), help: title }));
  const scoped = scopeTitles.map(([scope, title]) => ({
    title,
    rows: keyTable
      .filter((binding) => binding.scope === scope)
      .map(({ keys, help }) => ({ keys: keys.map(keyLabel).join(' '), help })),
  }));
  return [{ title: 'Views', rows: views }, ...scoped];
}
