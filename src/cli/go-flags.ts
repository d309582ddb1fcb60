/**
 * Go's flag syntax: `-x`, `-x=v`, `-x v`, one dash or two; booleans take a value only with `=`; flags end at the first
 * word that is none, or after `--`. Errors are Go's own texts.
 */
import { goQuote } from '../lib/go-format.ts';
import type { Flags } from './flags.ts';

export interface GivenFlag {
  readonly name: string;
  readonly text: string;
}

export type ParsedFlags =
  | {
      readonly ok: true;
      readonly values: Readonly<Record<string, unknown>>;
      /** What was given, in order. */
      readonly given: readonly GivenFlag[];
      readonly args: readonly string[];
    }
  /** `unknown`: the name that is no flag's. */
  | { readonly ok: false; readonly message: string; readonly unknown?: string };

const helpFlags = new Set(['-h', '-help', '--help']);

/** Whether help is asked for anywhere before `--`. */
export function asksForHelp(argv: readonly string[]): boolean {
  for (const word of argv) {
    if (word === '--') return false;
    if (helpFlags.has(word)) return true;
  }
  return false;
}

/** `anywhere`: flags may also follow other words. */
export function parseGoFlags(flags: Flags, argv: readonly string[], { anywhere = false } = {}): ParsedFlags {
  const args: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name in flags) values[name] = flags[name]!.initial;
  const given: GivenFlag[] = [];
  let at = 0;
  while (at < argv.length) {
    const word = argv[at]!;
    if (word.length < 2 || word[0] !== '-') {
      if (!anywhere) break;
      args.push(word);
      at += 1;
      continue;
    }
    at += 1;
    if (word === '--') break;
    const body = word.slice(word[1] === '-' ? 2 : 1);
    if (body === '' || body[0] === '-' || body[0] === '=') return { ok: false, message: `bad flag syntax: ${word}` };
    const equals = body.indexOf('=');
    const name = equals < 0 ? body : body.slice(0, equals);
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) return { ok: false, message: `flag provided but not defined: -${name}`, unknown: name };
    let text: string;
    if (equals >= 0) text = body.slice(equals + 1);
    else if (flag.bool) text = 'true';
    else if (at < argv.length) text = argv[at++]!;
    else return { ok: false, message: `flag needs an argument: -${name}` };
    try {
      values[name] = flag.parse(text, values[name]);
    } catch (error) {
      // By name: the flag may be of another bundle.
      if (!(error instanceof Error && error.name === 'FlagValueError')) throw error;
      const message = flag.bool
        ? `invalid boolean value ${goQuote(text)} for -${name}: ${error.message}`
        : `invalid value ${goQuote(text)} for flag -${name}: ${error.message}`;
      return { ok: false, message };
    }
    given.push({ name, text });
  }
  return { ok: true, values, given, args: [...args, ...argv.slice(at)] };
}
