/** The flags of `agent` in Go's style, read by the schema: -x, -x=v, -x v, --x; bool flags need no value. */

import { goQuote } from '../../lib/go-format.ts';
import { parseGoBool } from './decode.ts';
import { type FieldType, leavesOf } from './field.ts';
import { schema } from './schema.ts';
import { type Source, withValueAt } from './settings.ts';
import { flagErrorText, helpText } from './usage.ts';

export interface AgentFlags {
  readonly dev: boolean;
  /** Paths of -config-file and -config-dir in the order given. */
  readonly files: readonly string[];
  /** '' = by the extension of each file. */
  readonly format: string;
  /** Lists, which come before the lists of the files. */
  readonly lists: Source;
  /** Everything else, which comes after the files. */
  readonly values: Source;
  /** Fragments, merged last. */
  readonly hcl: readonly string[];
}

export type ParsedFlags =
  | { readonly kind: 'flags'; readonly flags: AgentFlags }
  /** Nothing to run: print and exit. */
  | { readonly kind: 'exit'; readonly code: 0 | 1; readonly stdout: string; readonly stderr: string };

/** A flag that exists; those without a path are not keys of the configuration. */
export interface FlagSpec {
  readonly name: string;
  readonly doc: string;
  readonly type: FieldType;
  readonly path?: readonly string[];
}

const list: FieldType = { kind: 'list', of: { kind: 'string' } };

/** Flags that are not keys of the configuration. */
const commandFlags: readonly FlagSpec[] = [
  {
    name: 'config-dir',
    doc: 'Path to a directory to read configuration files from. Files ending in .hcl or .json are read in the order of their names. Can be given several times',
    type: list,
  },
  {
    name: 'config-file',
    doc: 'Path to a file in JSON or HCL format, ending in .json or .hcl. Can be given several times',
    type: list,
  },
  { name: 'config-format', doc: 'The format of all configuration files: hcl or json', type: { kind: 'string' } },
  {
    name: 'dev',
    doc: 'Starts the agent in development mode: one server that keeps everything in memory',
    type: { kind: 'bool' },
  },
  { name: 'hcl', doc: 'HCL configuration fragment, merged last. Can be given several times', type: list },
];

const keyFlags: readonly FlagSpec[] = leavesOf(schema).flatMap(({ path, field }) =>
  field.flag === undefined ? [] : [{ name: field.flag, doc: field.doc, type: field.type, path }],
);

/** All flags by name. */
export const agentFlags: readonly FlagSpec[] = [...commandFlags, ...keyFlags].sort((a, b) =>
  a.name < b.name ? -1 : 1,
);

const byName: ReadonlyMap<string, FlagSpec> = new Map(agentFlags.map((flag) => [flag.name, flag]));

/** Thrown and caught in this file: the line about the flag. */
class FlagError extends Error {}

export function parseAgentFlags(argv: readonly string[]): ParsedFlags {
  const collected = new Collector();
  let at = 0;
  try {
    for (; at < argv.length; at++) {
      const word = argv[at]!;
      if (word.length < 2 || !word.startsWith('-')) break;
      if (word === '--') {
        at++;
        break;
      }
      const body = word.slice(word.startsWith('--') ? 2 : 1);
      if (body === '' || body.startsWith('-') || body.startsWith('=')) throw new FlagError(`bad flag syntax: ${word}`);
      const equals = body.indexOf('=');
      const name = equals === -1 ? body : body.slice(0, equals);
      const flag = byName.get(name);
      if (flag === undefined) {
        if (name === 'h' || name === 'help') return { kind: 'exit', code: 0, stdout: helpText(agentFlags), stderr: '' };
        throw new FlagError(`flag provided but not defined: -${name}`);
      }
      let text = equals === -1 ? undefined : body.slice(equals + 1);
      if (text === undefined) {
        if (flag.type.kind === 'bool') text = 'true';
        else if (++at < argv.length) text = argv[at]!;
        else throw new FlagError(`flag needs an argument: -${name}`);
      }
      collected.set(flag, text);
    }
  } catch (error) {
    if (!(error instanceof FlagError)) throw error;
    return { kind: 'exit', code: 1, stdout: '', stderr: flagErrorText(error.message, agentFlags) };
  }
  const extra = argv.slice(at);
  if (extra.length > 0) {
    return { kind: 'exit', code: 1, stdout: '', stderr: `==> Unexpected extra arguments: [${extra.join(' ')}]\n` };
  }
  return { kind: 'flags', flags: collected.flags() };
}

class Collector {
  private dev = false;
  private format = '';
  private readonly files: string[] = [];
  private readonly hcl: string[] = [];
  private readonly listValues = new Map<FlagSpec, string[]>();
  private values: Source = {};
  private readonly meta: Record<string, string> = Object.create(null) as Record<string, string>;

  set(flag: FlagSpec, text: string): void {
    const value = flagValue(flag, text);
    if (flag.path === undefined) this.setCommandFlag(flag.name, value);
    else if (flag.type.kind === 'list') this.listValues.set(flag, [...(this.listValues.get(flag) ?? []), text]);
    else if (flag.type.kind === 'map') {
      const colon = text.indexOf(':');
      this.meta[colon === -1 ? text : text.slice(0, colon)] = colon === -1 ? '' : text.slice(colon + 1);
      this.values = withValueAt(this.values, flag.path, this.meta);
    } else this.values = withValueAt(this.values, flag.path, value);
  }

  flags(): AgentFlags {
    let lists: Source = {};
    for (const [flag, values] of this.listValues) lists = withValueAt(lists, flag.path!, values);
    const { dev, files, format, values, hcl } = this;
    return { dev, files, format, lists, values, hcl };
  }

  private setCommandFlag(name: string, value: unknown): void {
    if (name === 'dev') this.dev = value as boolean;
    else if (name === 'config-format') this.format = value as string;
    else if (name === 'hcl') this.hcl.push(value as string);
    else this.files.push(value as string);
  }
}

function flagValue(flag: FlagSpec, text: string): unknown {
  switch (flag.type.kind) {
    case 'bool': {
      const value = parseGoBool(text);
      if (value !== undefined) return value;
      throw new FlagError(
        `invalid boolean value ${goQuote(text)} for -${flag.name}: strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`,
      );
    }
    case 'int': {
      const complaint = !/^[+-]?\d+$/.test(text)
        ? 'invalid syntax'
        : Math.abs(Number(text)) >= 2 ** 63
          ? 'value out of range'
          : undefined;
      if (complaint === undefined) return Number(text);
      throw new FlagError(
        `invalid value ${goQuote(text)} for flag -${flag.name}: strconv.Atoi: parsing ${goQuote(text)}: ${complaint}`,
      );
    }
    default:
      return text;
  }
}
