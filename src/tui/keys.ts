/**
 * Every key of the dashboard, as one table of named commands. Dispatch, the hints in the footer, the help page and the
 * user's own keys all come from here; nothing else knows which key does what.
 */

/** Where a command is valid. A view lists its scopes; `global` is valid everywhere but while typing or in a dialog. */
export type Scope =
  | 'global'
  | 'list'
  | 'open'
  | 'table'
  | 'object'
  | 'act'
  | 'pulse'
  | 'kv'
  | 'locks'
  | 'logs'
  | 'metrics'
  | 'pages'
  | 'replay'
  | 'menu'
  | 'confirm'
  | 'text'
  | 'typing';

export interface KeyBinding {
  readonly command: string;
  readonly keys: readonly string[];
  readonly scope: Scope;
  /** One line of the help page. */
  readonly help: string;
  /** A word or two for the footer; commands without one are found in the help page. */
  readonly hint?: string;
}

export const keyTable = [
  { command: 'help', keys: ['?'], scope: 'global', help: 'Show or hide this page', hint: 'help' },
  { command: 'command', keys: [':'], scope: 'global', help: 'Go to a view by name (tab completes)', hint: 'go to' },
  { command: 'filter', keys: ['/'], scope: 'global', help: 'Filter rows', hint: 'filter' },
  { command: 'quit', keys: ['q', 'ctrl-c'], scope: 'global', help: 'Quit', hint: 'quit' },
  { command: 'back', keys: ['esc', 'backspace'], scope: 'global', help: 'Back: filter, marks, page' },
  { command: 'history-back', keys: ['['], scope: 'global', help: 'Page seen before' },
  { command: 'history-forward', keys: [']'], scope: 'global', help: 'Page seen after' },
  { command: 'next-view', keys: ['tab'], scope: 'global', help: 'Next view' },
  { command: 'previous-view', keys: ['shift-tab'], scope: 'global', help: 'Previous view' },
  { command: 'redraw', keys: ['ctrl-l'], scope: 'global', help: 'Draw the screen anew' },
  { command: 'suspend', keys: ['ctrl-z'], scope: 'global', help: 'Suspend; fg comes back' },

  { command: 'up', keys: ['up', 'k'], scope: 'list', help: 'Up' },
  { command: 'down', keys: ['down', 'j'], scope: 'list', help: 'Down' },
  { command: 'page-up', keys: ['pgup', 'ctrl-b'], scope: 'list', help: 'Page up' },
  { command: 'page-down', keys: ['pgdn', 'ctrl-f'], scope: 'list', help: 'Page down' },
  { command: 'first', keys: ['home', 'g'], scope: 'list', help: 'First row' },
  { command: 'last', keys: ['end', 'G'], scope: 'list', help: 'Last row' },

  { command: 'enter', keys: ['enter'], scope: 'open', help: 'Open what the cursor is on', hint: 'open' },

  { command: 'problem-1', keys: ['a', 'enter'], scope: 'pulse', help: 'Go to the worst problem', hint: 'worst' },
  { command: 'problem-2', keys: ['b'], scope: 'pulse', help: 'Go to the second problem' },
  { command: 'problem-3', keys: ['c'], scope: 'pulse', help: 'Go to the third problem' },

  { command: 'sort', keys: ['s'], scope: 'table', help: 'Sort by the next column', hint: 'sort' },
  { command: 'sort-reverse', keys: ['S'], scope: 'table', help: 'Sort the other way round' },
  { command: 'wide', keys: ['w'], scope: 'table', help: 'All columns', hint: 'wide' },
  { command: 'columns-right', keys: ['L'], scope: 'table', help: 'When wide: columns further right' },
  { command: 'columns-left', keys: ['H'], scope: 'table', help: 'When wide: columns further left' },
  { command: 'mark', keys: ['space'], scope: 'table', help: 'Mark the row for an action' },
  { command: 'mark-all', keys: ['ctrl-a'], scope: 'table', help: 'Mark all rows that are shown' },

  { command: 'raw', keys: ['y'], scope: 'object', help: 'Raw JSON, as the API gives it', hint: 'json' },
  { command: 'copy', keys: ['c'], scope: 'object', help: 'Copy the name to the clipboard' },
  { command: 'copy-json', keys: ['C'], scope: 'object', help: 'Copy the JSON to the clipboard' },

  { command: 'act', keys: ['x'], scope: 'act', help: 'Actions on the row, or on the marked rows', hint: 'act' },

  { command: 'expand', keys: ['right', 'l'], scope: 'kv', help: 'Open a folder' },
  { command: 'collapse', keys: ['left', 'h'], scope: 'kv', help: 'Close a folder, or go to the one around' },
  { command: 'value-format', keys: ['v'], scope: 'kv', help: 'Value as text, JSON, hex', hint: 'value as' },
  { command: 'follow', keys: ['f'], scope: 'kv', help: 'Follow the key: what each change changed', hint: 'follow' },
  { command: 'edit', keys: ['e'], scope: 'kv', help: 'Edit the value in $EDITOR, with check-and-set', hint: 'edit' },

  { command: 'scan-locks', keys: ['f'], scope: 'locks', help: 'Look for locks among very many keys' },

  { command: 'more-logs', keys: ['+', '='], scope: 'logs', help: 'More detailed log level', hint: 'level' },
  { command: 'fewer-logs', keys: ['-'], scope: 'logs', help: 'Less detailed log level' },
  { command: 'pause', keys: ['p', 'space'], scope: 'logs', help: 'Pause and go on', hint: 'pause' },
  { command: 'export', keys: ['E'], scope: 'logs', help: 'Write the lines shown to a file' },

  { command: 'pin', keys: ['p'], scope: 'metrics', help: 'Pin the metric to Pulse (four at most)', hint: 'pin' },

  { command: 'left', keys: ['left', 'h'], scope: 'pages', help: 'The list before', hint: 'lists' },
  { command: 'right', keys: ['right', 'l'], scope: 'pages', help: 'The list after' },

  {
    command: 'replay-pause',
    keys: ['P'],
    scope: 'replay',
    help: 'Stop the time of the recording, and go on',
    hint: 'pause',
  },
  { command: 'replay-faster', keys: ['>'], scope: 'replay', help: 'Time runs twice as fast', hint: 'faster' },
  { command: 'replay-slower', keys: ['<'], scope: 'replay', help: 'Time runs half as fast' },
  { command: 'replay-skip', keys: ['.'], scope: 'replay', help: 'Ten seconds ahead', hint: '+10s' },

  { command: 'enter', keys: ['enter'], scope: 'menu', help: 'Choose', hint: 'choose' },
  { command: 'back', keys: ['esc', 'q', 'ctrl-c'], scope: 'menu', help: 'Close', hint: 'close' },

  { command: 'yes', keys: ['y'], scope: 'confirm', help: 'Do it', hint: 'do it' },
  { command: 'back', keys: ['n', 'esc', 'q', 'ctrl-c'], scope: 'confirm', help: 'Leave it', hint: 'leave it' },

  { command: 'copy-json', keys: ['c', 'C'], scope: 'text', help: 'Copy the text to the clipboard', hint: 'copy' },
  { command: 'back', keys: ['esc', 'q', 'y', 'ctrl-c', 'backspace'], scope: 'text', help: 'Close', hint: 'close' },

  { command: 'typing-done', keys: ['enter'], scope: 'typing', help: 'Done', hint: 'done' },
  { command: 'typing-cancel', keys: ['esc', 'ctrl-c'], scope: 'typing', help: 'Leave it as it was', hint: 'cancel' },
  { command: 'typing-complete', keys: ['tab'], scope: 'typing', help: 'Complete the word; the next field' },
  { command: 'typing-previous', keys: ['shift-tab'], scope: 'typing', help: 'The field before' },
  { command: 'typing-erase', keys: ['backspace', 'delete'], scope: 'typing', help: 'Erase a character' },
  { command: 'typing-erase-word', keys: ['ctrl-w'], scope: 'typing', help: 'Erase a word' },
  { command: 'typing-clear', keys: ['ctrl-u'], scope: 'typing', help: 'Erase all' },
] as const satisfies readonly KeyBinding[];

export type Command = (typeof keyTable)[number]['command'];

/** `1` to `9` choose a view by its place; they are not in the table because the views are. */
export function viewNumber(key: string): number | undefined {
  return /^[1-9]$/.test(key) ? Number(key) : undefined;
}

/** Keys that must always work: nobody may lock himself in. */
const reserved: readonly (readonly [Scope, string])[] = [
  ['global', 'ctrl-c'],
  ['confirm', 'esc'],
  ['menu', 'esc'],
  ['text', 'esc'],
  ['typing', 'esc'],
  ['typing', 'enter'],
];

export interface KeyMap {
  readonly bindings: readonly KeyBinding[];
  /** The command of a key; earlier scopes win. */
  commandFor(key: string, scopes: readonly Scope[]): Command | undefined;
}

/** User's keys by command (`{"filter": ["/", "ctrl-f"]}`) or by `scope.command` where a name is in several scopes. */
export type KeyOverrides = Readonly<Record<string, readonly string[]>>;

/** Throws a `TypeError` that names a command which does not exist. */
export function createKeyMap(overrides: KeyOverrides = {}): KeyMap {
  const names = new Set<string>(keyTable.flatMap(({ command, scope }) => [command, `${scope}.${command}`]));
  for (const name of Object.keys(overrides)) {
    if (!names.has(name)) throw new TypeError(`there is no command "${name}" to bind a key to`);
  }
  const bindings = (keyTable as readonly KeyBinding[]).map((binding): KeyBinding => {
    const own = overrides[`${binding.scope}.${binding.command}`] ?? overrides[binding.command];
    if (own === undefined) return binding;
    const kept = reserved.filter(([scope, key]) => scope === binding.scope && binding.keys.includes(key));
    return { ...binding, keys: [...new Set([...own, ...kept.map(([, key]) => key)])] };
  });
  const byScope = new Map<Scope, Map<string, Command>>();
  const add = ({ command, keys, scope }: KeyBinding): void => {
    const inScope = byScope.get(scope) ?? new Map<string, Command>();
    for (const key of keys) inScope.set(key, command as Command);
    byScope.set(scope, inScope);
  };
  // The user's own keys last: they win over the defaults of other commands.
  const isOwn = (binding: KeyBinding) => !(keyTable as readonly KeyBinding[]).includes(binding);
  for (const binding of bindings) if (!isOwn(binding)) add(binding);
  for (const binding of bindings) if (isOwn(binding)) add(binding);
  for (const [scope, key] of reserved) {
    const command = (keyTable as readonly KeyBinding[]).find((one) => one.scope === scope && one.keys.includes(key));
    byScope.get(scope)?.set(key, command!.command as Command);
  }
  return {
    bindings,
    commandFor(key, scopes) {
      for (const scope of scopes) {
        const command = byScope.get(scope)?.get(key);
        if (command !== undefined) return command;
      }
      return undefined;
    },
  };
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

/** What the footer says for these scopes: only commands with a hint, the most special scope first. */
export function hintsFor({ bindings }: KeyMap, scopes: readonly Scope[]): KeyHint[] {
  return scopes.flatMap((scope) =>
    bindings
      .filter((binding) => binding.scope === scope && binding.hint !== undefined && binding.keys.length > 0)
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
  ['table', 'Tables'],
  ['object', 'The row under the cursor'],
  ['act', 'Actions'],
  ['pulse', 'Pulse'],
  ['kv', 'KV'],
  ['locks', 'Sessions'],
  ['logs', 'Logs'],
  ['metrics', 'Metrics'],
  ['pages', 'Views of several lists'],
  ['replay', 'A recording'],
  ['confirm', 'Confirmation'],
  ['typing', 'While typing'],
];

/** The help page: the scopes that are valid now come first. */
export function helpSections({ bindings }: KeyMap, here: readonly Scope[]): HelpSection[] {
  const rank = (scope: Scope) => (here.includes(scope) ? here.indexOf(scope) : here.length);
  return scopeTitles
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .map(([scope, title]) => ({
      title,
      rows: bindings
        .filter((binding) => binding.scope === scope)
        .map(({ keys, help }) => ({ keys: keys.map(keyLabel).join(' '), help })),
    }));
}
