/** Commands that ask for their flags where somebody sits who can answer, and none was given. */
import { parseDuration } from '../lib/duration.ts';
import type { Filled } from './acl-forms.ts';
import type { Context } from './command.ts';

/** `flags`: those of the command itself; where the agent is, and how to print, may be said in any case. */
export const isToBeAsked = (
  { given, isTerminal }: Pick<Context, 'given' | 'isTerminal'>,
  flags: Readonly<Record<string, unknown>>,
): boolean => isTerminal('stdin') && isTerminal('stderr') && given.every(({ name }) => !Object.hasOwn(flags, name));

/** As if they had been typed. */
export function filledFlags({ texts, lists, switches }: Filled): Record<string, unknown> {
  const { 'expires-ttl': ttl = '', ...plain } = texts;
  return {
    ...plain,
    ...(ttl === '' ? {} : { 'expires-ttl': parseDuration(ttl) / 1e6 }),
    ...lists,
    ...Object.fromEntries(switches.map((name) => [name, true])),
  };
}
