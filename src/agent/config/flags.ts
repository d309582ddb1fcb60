/** The flags of `agent`, read by the schema. */
import { FlagValueError, readGoFlags } from '../../lib/go-flags.ts';
import { goQuote } from '../../lib/go-format.ts';
import { parseBool } from '../../lib/go-number.ts';
import { type FieldType, leavesOf } from './field.ts';
import { schema } from './schema.ts';
import { type Source, withValueAt } from './settings.ts';
import { flagErrorText } from './usage.ts';

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
  | { readonly kind: 'help' }
  /** `unknown`: the name that is no flag's. */
  | { readonly kind: 'error'; readonly message: string; readonly unknown?: string };

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

export function parseAgentFlags(argv: readonly string[]): ParsedFlags {
  const collected = new Collector();
  const read = readGoFlags(argv, {
    isBool(name) {
      const flag = byName.get(name);
      return flag && flag.type.kind === 'bool';
    },
    take: (name, text) => collected.set(byName.get(name)!, text),
  });
  if (!read.ok) {
    if (read.unknown === 'h' || read.unknown === 'help') return { kind: 'help' };
    const { unknown } = read;
    return {
      kind: 'error',
      message: flagErrorText(read.message, agentFlags),
      ...(unknown !== undefined && { unknown }),
    };
  }
  if (read.args.length > 0) {
    return { kind: 'error', message: `==> Unexpected extra arguments: [${read.args.join(' ')}]\n` };
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
      const value = parseBool(text);
      if (value !== undefined) return value;
      throw new FlagValueError(`strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`);
    }
    case 'int': {
      const complaint = !/^[+-]?\d+$/.test(text)
        ? 'invalid syntax'
        : Math.abs(Number(text)) >= 2 ** 63
          ? 'value out of range'
          : undefined;
      if (complaint === undefined) return Number(text);
      throw new FlagValueError(`strconv.Atoi: parsing ${goQuote(text)}: ${complaint}`);
    }
    default:
      return text;
  }
}
