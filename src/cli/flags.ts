/** Flags of a command: their types, what they accept, and the words with which a bad value is refused. */
import { parseDuration, parseDurationMs } from '../lib/duration.ts';
import { FlagValueError } from '../lib/go-flags.ts';
import { goQuote } from '../lib/go-format.ts';
import { parseBool } from '../lib/go-number.ts';

export interface Flag<T = unknown> {
  /** Needs no value: `-x`. */
  readonly bool: boolean;
  /** Shown as one with a value all the same: `-x=false` is as useful. */
  readonly showsValue: boolean;
  /** The value when it is not given. */
  readonly initial: T;
  /** Text of the default in the help, '' for none. */
  readonly initialText: string;
  /** `before` is the value so far: lists grow. Throws a `FlagValueError`. */
  parse(text: string, before: T): T;
  readonly doc: string;
  readonly repeats: boolean;
  /** What stands for the value in the help. */
  readonly valueText: string;
  /** Not one of Consul's own flags: listed apart in the help. */
  readonly extra: boolean;
  /** The words it takes, for completion. */
  readonly choices?: readonly string[];
}

export type Flags = Readonly<Record<string, Flag>>;
export type FlagValues<F> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

interface Options<T> {
  readonly initial?: T;
  readonly extra?: boolean;
  readonly choices?: readonly string[];
}

function make<T>(parts: Pick<Flag<T>, 'initial' | 'parse' | 'doc'> & Partial<Flag<T>>): Flag<T> {
  return {
    bool: false,
    showsValue: false,
    initialText: '',
    repeats: false,
    valueText: '<value>',
    extra: false,
    ...parts,
  };
}

const parseError = (): FlagValueError => new FlagValueError('parse error');
const outOfRange = (): FlagValueError => new FlagValueError('value out of range');

const integer = /^[+-]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/;

/** Go's base-0 integers: 10, 0x1f, 0b11, 0o17, 017. */
function parseInteger(text: string): bigint {
  if (!integer.test(text)) throw parseError();
  const negative = text.startsWith('-');
  const digits = text.replace(/^[+-]/, '').replace(/^0(?=[0-7])/, '0o');
  return negative ? -BigInt(digits) : BigInt(digits);
}

const decimal = /^[+-]?[0-9]+$/;

export const flag = {
  bool: (doc: string, options: Options<boolean> = {}): Flag<boolean> =>
    make({
      doc,
      bool: true,
      initial: options.initial ?? false,
      initialText: options.initial ? 'true' : '',
      extra: options.extra ?? false,
      parse(text) {
        const value = parseBool(text);
        if (value === undefined) throw parseError();
        return value;
      },
    }),

  string: (doc: string, options: Options<string> = {}): Flag<string> =>
    make({
      doc,
      initial: options.initial ?? '',
      initialText: options.initial ?? '',
      extra: options.extra ?? false,
      ...(options.choices && { choices: options.choices }),
      parse: (text) => text,
    }),

  /** May be given several times. */
  strings: (doc: string): Flag<readonly string[]> =>
    make<readonly string[]>({ doc, initial: [], repeats: true, parse: (text, before) => [...before, text] }),

  /** `key=value`, several times. */
  pairs: (doc: string, valueText = '<value>'): Flag<Readonly<Record<string, string>>> =>
    make<Readonly<Record<string, string>>>({
      doc,
      initial: {},
      repeats: true,
      valueText,
      parse(text, before) {
        const at = text.indexOf('=');
        if (at < 0) throw new FlagValueError(`Missing "=" value in argument: ${text}`);
        return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
      },
    }),

  int: (doc: string, options: Options<number> = {}): Flag<number> =>
    make({
      doc,
      initial: options.initial ?? 0,
      initialText: options.initial ? String(options.initial) : '',
      parse(text) {
        const value = parseInteger(text);
        if (BigInt.asIntN(64, value) !== value) throw outOfRange();
        return Number(value);
      },
    }),

  /** An integer whose errors are those of strconv.Atoi (the agent's flags). */
  atoi: (doc: string): Flag<number | undefined> =>
    make<number | undefined>({
      doc,
      initial: undefined,
      parse(text) {
        const fail = (why: string): FlagValueError =>
          new FlagValueError(`strconv.Atoi: parsing ${goQuote(text)}: ${why}`);
        if (!decimal.test(text)) throw fail('invalid syntax');
        const value = BigInt(text.replace(/^\+/, ''));
        if (BigInt.asIntN(64, value) !== value) throw fail('value out of range');
        return Number(value);
      },
    }),

  /** Kept as it is unless given; errors are those of strconv.ParseBool. */
  keptBool: (doc: string): Flag<boolean | undefined> =>
    make<boolean | undefined>({
      doc,
      bool: true,
      showsValue: true,
      initial: undefined,
      parse(text) {
        const value = parseBool(text);
        if (value === undefined)
          throw new FlagValueError(`strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`);
        return value;
      },
    }),

  /** Kept as it is unless given; errors are those of strconv.ParseUint. */
  keptUint: (doc: string): Flag<number | undefined> =>
    make<number | undefined>({
      doc,
      initial: undefined,
      parse(text) {
        const value = Number(text);
        if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
        const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
        throw new FlagValueError(`strconv.ParseUint: parsing ${goQuote(text)}: ${why}`);
      },
    }),

  /** Kept as it is unless given; a duration in Go's notation, with Go's errors. */
  keptDuration: (doc: string): Flag<string | undefined> =>
    make<string | undefined>({
      doc,
      initial: undefined,
      parse(text) {
        try {
          parseDuration(text);
        } catch (error) {
          throw new FlagValueError((error as Error).message);
        }
        return text;
      },
    }),

  uint64: (doc: string, options: Options<bigint> = {}): Flag<bigint> =>
    make({
      doc,
      initial: options.initial ?? 0n,
      initialText: options.initial ? String(options.initial) : '',
      parse(text) {
        if (/^[+-]/.test(text)) throw parseError();
        const value = parseInteger(text);
        if (BigInt.asUintN(64, value) !== value) throw outOfRange();
        return value;
      },
    }),

  /** Go notation (`1m30s`); the value is milliseconds. */
  durationMs: (doc: string, options: Options<number> = {}): Flag<number> =>
    make({
      doc,
      initial: options.initial ?? 0,
      parse(text) {
        try {
          return parseDurationMs(text);
        } catch {
          throw parseError();
        }
      },
    }),
};

/** `-format` of commands that have none in Consul. */
export const formatFlag: Flag<string> = flag.string('Output format: `pretty` or `json`.', {
  initial: 'pretty',
  extra: true,
  choices: ['pretty', 'json'],
});
