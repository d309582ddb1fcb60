/** What is said when no command runs: help that was asked for, and words that are no command. */

import { asksForHelp } from '../lib/go-flags.ts';
import type { Command, Io } from './command.ts';
import { isConsuls } from './consul-commands.ts';
import { commandHelp, type Listed, nearest, rootHelp, topicHelp } from './help.ts';
import { topics } from './topics.ts';

export type Definitions = Readonly<Record<string, Command>>;

export interface Usage {
  /** The longest beginning of the words that is a command or a group of commands; '' for none. */
  known(words: readonly string[]): string;
  /** Help to stdout; the exit code. */
  help(words: readonly string[]): number;
  /** Usage to stderr with, below, what was probably meant; the exit code. */
  refuse(words: readonly string[]): number;
}

/** The words before the first flag. */
export function leadingWords(argv: readonly string[]): readonly string[] {
  const end = argv.findIndex((word) => word.startsWith('-'));
  return end < 0 ? argv : argv.slice(0, end);
}

/** Whether help is asked for something that there is. */
export const wantsHelp = (argv: readonly string[], known: string): boolean =>
  asksForHelp(argv) && (known !== '' || leadingWords(argv).length === 0);

export function createUsage(definitions: Definitions, io: Pick<Io, 'out' | 'err'>): Usage {
  const names = Object.keys(definitions);
  const summaryOf = (name: string): string => definitions[name]?.summary ?? topics[name]?.summary ?? '';

  function subcommands(topic: string): Listed[] {
    const prefix = topic === '' ? '' : `${topic} `;
    const below = names
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length).split(' ')[0]!);
    return [...new Set(below)].sort().map((name) => ({ name, summary: summaryOf(prefix + name) }));
  }

  function textOf(topic: string): string {
    const group = topics[topic];
    const all = subcommands(topic);
    const isOwn = ({ name }: Listed): boolean => !isConsuls(topic === '' ? name : `${topic} ${name}`);
    const own = all.filter(isOwn);
    const others = all.filter((one) => !isOwn(one));
    return group ? topicHelp(group, own, others) : rootHelp(own, others);
  }

  function known(words: readonly string[]): string {
    for (let length = words.length; length > 0; length--) {
      const name = words.slice(0, length).join(' ');
      if ([definitions, topics].some((table) => Object.hasOwn(table, name))) return name;
    }
    return '';
  }

  function refuse(words: readonly string[]): number {
    const group = known(words);
    io.err(textOf(group));
    const next = words[group === '' ? 0 : group.split(' ').length];
    if (next !== undefined) {
      const within = group === '' ? '' : `${group} `;
      const meant = nearest(
        next,
        subcommands(group).map(({ name }) => name),
      );
      const hint = meant === undefined ? '' : ` Did you mean "${within}${meant}"?`;
      io.err(`\nUnknown command "${within}${next}".${hint}\n`);
    }
    return group === '' ? 127 : 1;
  }

  return {
    known,
    refuse,
    help(words) {
      const name = known(words);
      const definition = definitions[name];
      io.out(definition ? commandHelp(definition, subcommands(name)) : textOf(name));
      return 0;
    },
  };
}
