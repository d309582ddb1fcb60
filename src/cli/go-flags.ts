/** A command line read by the flags of a command. */
import { type FlagsRead, readGoFlags } from '../lib/go-flags.ts';
import type { Flags } from './flags.ts';

export interface GivenFlag {
  readonly name: string;
  readonly text: string;
}

export type ParsedFlags =
  | (FlagsRead & {
      readonly ok: true;
      readonly values: Readonly<Record<string, unknown>>;
      /** What was given, in order. */
      readonly given: readonly GivenFlag[];
    })
  | (FlagsRead & { readonly ok: false });

/** `anywhere`: flags may also follow other words. */
export function parseGoFlags(flags: Flags, argv: readonly string[], options: { anywhere?: boolean } = {}): ParsedFlags {
  const values: Record<string, unknown> = {};
  for (const name in flags) values[name] = flags[name]!.initial;
  const given: GivenFlag[] = [];
  const read = readGoFlags(
    argv,
    {
      isBool: (name) => (Object.hasOwn(flags, name) ? flags[name]!.bool : undefined),
      take(name, text) {
        values[name] = flags[name]!.parse(text, values[name]);
        given.push({ name, text });
      },
    },
    options,
  );
  return read.ok ? { ...read, values, given } : read;
}
