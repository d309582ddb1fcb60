/** Help texts in the form of Consul's: usage line, paragraphs, flags. Scripts and people find the same places. */
import type { Command, Examples } from './command.ts';
import type { Flag, Flags } from './flags.ts';
import { httpFlags } from './http-flags.ts';

export const programName = 'tc';

const lineWidth = 80;

/** Words of `text` in lines of at most 80 columns, each starting with `indent`. */
export function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && indent.length + line.length + 1 + word.length > lineWidth) {
      lines.push(indent + line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  if (line !== '') lines.push(indent + line);
  return lines.join('\n');
}

export const docOf = (flag: Flag): string => {
  const many = flag.repeats ? ' May be given several times.' : '';
  const initial = flag.initialText === '' ? '' : ` Default: ${flag.initialText}.`;
  return flag.doc + many + initial;
};

export const takesNone = (flag: Flag): boolean => flag.bool && !flag.showsValue;

const sorted = (flags: Flags): [string, Flag][] => Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1));

/** The list that follows a flag error: two columns deep, as Go prints flags. Our own additions are indented more. */
export function flagList(flags: Flags): string {
  const list = sorted(flags);
  let text = 'Usage:\n';
  for (const [name, flag] of [...list.filter(([, flag]) => !flag.extra), ...list.filter(([, flag]) => flag.extra)]) {
    const indent = flag.extra ? '    ' : '  ';
    text += `${indent}-${name}${takesNone(flag) ? '' : ' value'}\n${wrap(docOf(flag), `${indent}  \t`)}\n`;
  }
  return text;
}

function flagSection(title: string, flags: readonly [string, Flag][], indent = '  '): string {
  if (flags.length === 0) return '';
  let text = `\n${title}\n`;
  for (const [name, flag] of flags) {
    text += `\n${indent}-${name}${takesNone(flag) ? '' : `=${flag.valueText}`}\n${wrap(docOf(flag), `${indent}   `)}\n`;
  }
  return text;
}

export const examplesText = (examples: Examples): string =>
  examples.map(([line, what]) => `\n${wrap(what, '  ')}\n\n      $ ${programName} ${line}\n`).join('');

/** What `tc COMMAND -h` prints. */
export function commandHelp(command: Command, subcommands: readonly Listed[] = []): string {
  const own = sorted(command.flags);
  let text = `Usage: ${command.internal === true ? '' : `${programName} `}${command.usage}\n`;
  for (const paragraph of (command.description ?? command.summary).split('\n\n')) {
    text += `\n${wrap(paragraph, '  ')}\n`;
  }
  text += examplesText(command.examples ?? []);
  const indent = command.flagsApart === true ? '    ' : undefined;
  if (command.http !== undefined) {
    const shared = httpFlags(command.http);
    text += flagSection('HTTP API Options', sorted(shared), indent);
  }
  text += flagSection(
    'Command Options',
    own.filter(([, flag]) => !flag.extra),
    indent,
  );
  text += flagSection(
    'Additional Options',
    own.filter(([, flag]) => flag.extra),
    '    ',
  );
  if (subcommands.length > 0) text += `\nSubcommands:\n\n${table(subcommands)}`;
  return text;
}

export interface Listed {
  readonly name: string;
  readonly summary: string;
}

function table(entries: readonly Listed[]): string {
  const width = Math.max(0, ...entries.map(({ name }) => name.length));
  return entries.map(({ name, summary }) => `    ${name.padEnd(width)}    ${summary}\n`).join('');
}

export interface Topic {
  /** Without the program's name: `kv <subcommand> [options] [args]`. */
  readonly usage: string;
  readonly summary: string;
  readonly description: string;
  readonly examples: Examples;
}

/** What a command with subcommands prints when alone; those that Consul does not have come first. */
export function topicHelp(topic: Topic, own: readonly Listed[], subcommands: readonly Listed[]): string {
  const paragraphs = topic.description.split('\n\n').map((paragraph) => wrap(paragraph, '  '));
  const more = own.length === 0 ? '' : `More than Consul has:\n${table(own)}\n`;
  const rest = subcommands.length === 0 ? '' : `Subcommands:\n${table(subcommands)}`;
  return `Usage: ${programName} ${topic.usage}\n\n${paragraphs.join('\n\n')}\n${examplesText(topic.examples)}\n${more}${rest}`;
}

/** The top level: Consul's commands, and before them ours. */
export function rootHelp(own: readonly Listed[], commands: readonly Listed[]): string {
  return `Usage: ${programName} [--version] [--help] <command> [<args>]

More than Consul has:
${table(own)}
Available commands are:
${table(commands)}`;
}

/** Number of single-letter changes between two words, up to a limit that is not worth a guess. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The name that was probably meant. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.ceil(word.length / 2) + 1);
  for (const name of names) {
    const found = name.startsWith(word) && word.length > 1 ? 1 : distance(word, name);
    if (found < bestDistance) [best, bestDistance] = [name, found];
  }
  return best;
}
