/**
 * What may stand at the end of a command line: commands, flags, words a flag takes, and values that only the agent knows.
 * The same for every shell; their scripts (`scripts.ts`) only carry words here and candidates back.
 */
import type { Command, CommandTable } from '../command.ts';
import type { Flag, Flags } from '../flags.ts';
import { httpFlags } from '../http-flags.ts';
import { topics } from '../topics.ts';
import { type Kind, kindOfFlag, kindOfWord } from './kinds.ts';

export interface Candidate {
  readonly word: string;
  /** A few words on it; may be empty. */
  readonly about: string;
}

export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Names of files may stand here too; what goes before them in the word, like `-ca-file=`. */
  readonly files?: string;
}

/** Asks the agent for what begins with `prefix`. `line` is what stands before, for its -http-addr and the like. */
export type Values = (kind: Kind, prefix: string, line: CommandLine) => Promise<readonly Candidate[]>;

/** As much of a command line as is finished. */
export interface CommandLine {
  readonly words: string;
  readonly flags: Flags;
  /** Flags and words after the command. */
  readonly rest: readonly string[];
}

const nothing: Completion = { candidates: [] };

/** `line` without the program; its last word is the one to complete and may be empty. */
export async function complete(line: readonly string[], table: CommandTable, values: Values): Promise<Completion> {
  const current = line.at(-1) ?? '';
  const before = line.slice(0, -1);
  const names = Object.keys(table);
  let words = '';
  let used = 0;
  for (const word of before) {
    const next = words === '' ? word : `${words} ${word}`;
    if (!names.some((name) => name === next || name.startsWith(`${next} `))) break;
    words = next;
    used += 1;
  }
  const rest = before.slice(used);
  const inside = words === '' ? '' : `${words} `;
  const isGroup = names.some((name) => name.startsWith(inside) && name !== words);
  if (isGroup && rest.length === 0 && !current.startsWith('-')) {
    return { candidates: await subcommands(inside, current, table) };
  }
  const command = Object.hasOwn(table, words) ? await table[words]!() : undefined;
  // The agent's own flags are read elsewhere, and are too many to choose from here.
  if (command === undefined || command.raw === true) return nothing;
  return inCommand({ words, flags: { ...command.flags, ...httpFlags(command.http) }, rest }, command, current, values);
}

async function subcommands(inside: string, current: string, table: CommandTable): Promise<Candidate[]> {
  const depth = inside.split(' ').length;
  const next = new Set(
    Object.keys(table)
      .filter((name) => name.startsWith(inside + current))
      .map((name) => name.split(' ').slice(0, depth).join(' ')),
  );
  const summaryOf = async (name: string): Promise<string> =>
    topics[name]?.summary ?? (await table[name]?.())?.summary ?? '';
  return Promise.all(
    [...next].sort().map(async (name) => ({ word: name.slice(inside.length), about: await summaryOf(name) })),
  );
}

const flagName = (word: string): string => /^--?([^=]*)/.exec(word)?.[1] ?? '';

async function inCommand(line: CommandLine, command: Command, current: string, values: Values): Promise<Completion> {
  const { words, flags, rest } = line;
  let position = 0;
  let open = true;
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at]!;
    if (!open || word.length < 2 || !word.startsWith('-')) {
      position += 1;
      if (command.flagsAnywhere !== true) open = false;
      continue;
    }
    if (word === '--') {
      open = false;
      continue;
    }
    const name = flagName(word);
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined || flag.bool || word.includes('=')) continue;
    if (at === rest.length - 1) return ofFlag(line, name, flag, '', current, values);
    at += 1;
  }
  if (open && current.startsWith('-')) {
    const equals = current.indexOf('=');
    if (equals < 0) return { candidates: flagCandidates(flags, current) };
    const name = flagName(current);
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) return nothing;
    return ofFlag(line, name, flag, current.slice(0, equals + 1), current.slice(equals + 1), values);
  }
  const kind = kindOfWord(words, position);
  if (kind === undefined) return open && current === '' ? { candidates: flagCandidates(flags, '-') } : nothing;
  return ofKind(kind, '', current, line, values);
}

function flagCandidates(flags: Flags, current: string): Candidate[] {
  const dashes = current.startsWith('--') ? '--' : '-';
  return Object.entries({ ...flags, h: { bool: true, doc: 'Print the help.' } as Flag })
    .map(([name, { bool, doc }]) => ({ word: `${dashes}${name}${bool ? '' : '='}`, about: firstSentence(doc) }))
    .filter(({ word }) => word.startsWith(current))
    .sort((a, b) => (a.word < b.word ? -1 : 1));
}

const firstSentence = (text: string): string => /^.*?\.(?= |$)/.exec(text)?.[0] ?? text;

function ofFlag(
  line: CommandLine,
  name: string,
  flag: Flag,
  head: string,
  current: string,
  values: Values,
): Promise<Completion> {
  const choices = flag.choices ?? (flag.bool ? ['true', 'false'] : undefined);
  if (choices === undefined) return ofKind(kindOfFlag(line.words, name) ?? 'file', head, current, line, values);
  const fitting = choices.filter((word) => word.startsWith(current));
  return Promise.resolve({ candidates: fitting.map((word) => ({ word: head + word, about: '' })) });
}

/** The text itself, a file or stdin. */
function ofData(head: string, current: string): Completion {
  if (current.startsWith('@')) return { candidates: [], files: `${head}@` };
  if (current !== '') return nothing;
  return {
    candidates: [
      { word: `${head}@`, about: 'what a file holds' },
      { word: `${head}-`, about: 'what stdin says' },
    ],
  };
}

async function ofKind(
  kind: Kind,
  head: string,
  current: string,
  line: CommandLine,
  values: Values,
): Promise<Completion> {
  if (kind === 'file') return { candidates: [], files: head };
  if (kind === 'data') return ofData(head, current);
  // "kv diff" takes files beside keys.
  if (kind === 'key' && current.startsWith('@')) return ofData(head, current);
  const found = await values(kind, current, line);
  return {
    candidates: found
      .filter(({ word }) => word.startsWith(current))
      .map(({ word, about }) => ({ word: head + word, about })),
  };
}
