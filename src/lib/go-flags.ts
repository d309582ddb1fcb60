/**
 * Go's flag syntax: `-x`, `-x=v`, `-x v`, one dash or two; booleans take a value only with `=`; flags end at the first
 * word that is none, or after `--`. Errors are Go's own texts.
 */
import { goQuote } from './go-format.ts';

/** Thrown for a value that a flag cannot take, with the reason alone: `parse error`. */
export class FlagValueError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'FlagValueError';
  }
}

/** Who knows the flags and keeps their values. */
export interface FlagReader {
  /** Whether the flag needs no value; undefined for a name that is no flag's. */
  isBool(name: string): boolean | undefined;
  /** Throws a `FlagValueError`. */
  take(name: string, text: string): void;
}

export type FlagsRead =
  /** The words after the flags. */
  | { readonly ok: true; readonly args: readonly string[] }
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
export function readGoFlags(argv: readonly string[], reader: FlagReader, { anywhere = false } = {}): FlagsRead {
  const args: string[] = [];
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
    const bool = reader.isBool(name);
    if (bool === undefined) return { ok: false, message: `flag provided but not defined: -${name}`, unknown: name };
    let text: string;
    if (equals >= 0) text = body.slice(equals + 1);
    else if (bool) text = 'true';
    else if (at < argv.length) text = argv[at++]!;
    else return { ok: false, message: `flag needs an argument: -${name}` };
    try {
      reader.take(name, text);
    } catch (error) {
      // By name: the flag may be of another bundle.
      if (!(error instanceof Error && error.name === 'FlagValueError')) throw error;
      const what = bool ? `boolean value ${goQuote(text)} for` : `value ${goQuote(text)} for flag`;
      return { ok: false, message: `invalid ${what} -${name}: ${error.message}` };
    }
  }
  return { ok: true, args: [...args, ...argv.slice(at)] };
}
