/**
 * Untyped maps (from JSON or HCL) into structs, weakly typed: "5" passes for a number, a lone value for a list, snake_case
 * for any name. This is how Consul reads config entries and the bodies of its oldest endpoints; error texts are theirs.
 */
import { DurationError, parseDuration } from '../lib/duration.ts';
import { goQuote, goValue } from '../lib/go-format.ts';
import { newDict } from './dict.ts';
import { resolve, zero } from './make.ts';
import type { Fields, Kind, Schema } from './schema.ts';

/** Everything that did not fit; the message lists it as mapstructure does. */
export class MapDecodeError extends Error {
  override readonly name = 'MapDecodeError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    const sorted = [...problems].sort();
    super(`${sorted.length} error(s) decoding:\n\n${sorted.map((problem) => `* ${problem}`).join('\n')}`);
    this.problems = sorted;
  }
}

export interface MapDecoded<T> {
  readonly value: T;
  /** Paths of the keys that no field took (`Splits[1].RequestHeaders`), sorted. */
  readonly unused: readonly string[];
}

/** Throws MapDecodeError with every problem there is. */
export function decodeMap<T>(schema: Schema<T>, input: unknown): MapDecoded<T> {
  const run: Run = { problems: [], unused: [] };
  const value = read(schema, input, '', run) as T;
  if (run.problems.length > 0) throw new MapDecodeError(run.problems);
  return { value, unused: run.unused.sort() };
}

/** The refusal of a document that is no map at all, which is worded alone. */
export const notAMap = (input: unknown): string => `'' expected a map, got '${goKind(input)}'`;

/** How Consul words the keys that no field took, '' when there are none. */
export function unusedKeysText(unused: readonly string[]): string {
  if (unused.length === 0) return '';
  const problems = unused.map((path) => {
    const enterprise =
      path === 'Namespace' || path === 'namespace' ? ', namespaces are a consul enterprise feature' : '';
    return `\t* invalid config key ${goQuote(path)}${enterprise}\n`;
  });
  return `${problems.length} error${problems.length === 1 ? '' : 's'} occurred:\n${problems.join('')}\n`;
}

interface Run {
  readonly problems: string[];
  readonly unused: string[];
}
type Values = Record<string, unknown>;

const isMap = (input: unknown): input is Values =>
  typeof input === 'object' && input !== null && !Array.isArray(input) && !(input instanceof Uint8Array);

/** Go's kind of a value that came from JSON. */
function goKind(input: unknown): string {
  if (input === null || input === undefined) return 'invalid';
  if (Array.isArray(input)) return 'slice';
  if (typeof input === 'number' || typeof input === 'bigint') return 'float64';
  if (typeof input === 'boolean') return 'bool';
  return typeof input === 'string' ? 'string' : 'map';
}

function read(schema: Schema<unknown>, input: unknown, path: string, run: Run): unknown {
  const { type } = resolve(schema);
  if (input === null || input === undefined) return zero(schema);
  const fail = (problem: string): unknown => {
    run.problems.push(problem);
    return zero(schema);
  };
  switch (type.kind) {
    case 'any':
      return input;
    case 'ptr':
      return read(type.of, input, path, run);
    case 'struct': {
      // A block of HCL is a list of one.
      const only = Array.isArray(input) && input.length === 1 && path !== '' ? input[0] : input;
      return isMap(only) ? readStruct(type.fields, schema, only, path, run) : fail(expectedMap(path, input));
    }
    case 'map':
      return readMap(type.of, input, path, run, fail);
    case 'slice':
      return readSlice(type.of, input, path, run);
    case 'str':
      return readText(input, path, fail);
    case 'bool':
      return readBool(input, path, fail);
    case 'dur':
      return readDuration(input, path, fail);
    case 'int':
    case 'float':
      return readNumber(type, input, path, fail);
    case 'bytes':
      return typeof input === 'string' ? Buffer.from(input) : fail(unconvertible(path, '[]uint8', input));
    case 'time':
      return typeof input === 'string' ? input : fail(unconvertible(path, 'time.Time', input));
    case 'lazy':
      return read(type.of(), input, path, run);
  }
}

type Fail = (problem: string) => unknown;

const expectedMap = (path: string, input: unknown): string => `'${path}' expected a map, got '${goKind(input)}'`;
const unconvertible = (path: string, goType: string, input: unknown): string =>
  `'${path}' expected type '${goType}', got unconvertible type '${goKind(input)}', value: '${goValue(input)}'`;

function readStruct(fields: Fields, schema: Schema<unknown>, input: Values, path: string, run: Run): unknown {
  const value = zero(schema.type.kind === 'ptr' ? schema.type.of : schema) as Values;
  for (const [key, member] of Object.entries(input)) {
    const at = path === '' ? key : `${path}.${key}`;
    const name = fieldName(fields, key);
    if (name === undefined) run.unused.push(at);
    else value[name] = read(fields[name]!, member, path === '' ? name : `${path}.${name}`, run);
  }
  return value;
}

const foldedNames = new WeakMap<Fields, Map<string, string>>();
const folded = (name: string): string => name.replaceAll('_', '').toLowerCase();

function fieldName(fields: Fields, key: string): string | undefined {
  let names = foldedNames.get(fields);
  if (names === undefined) {
    names = new Map(Object.keys(fields).map((name) => [folded(name), name]));
    foldedNames.set(fields, names);
  }
  return Object.hasOwn(fields, key) ? key : names.get(folded(key));
}

function readMap(of: Schema<unknown>, input: unknown, path: string, run: Run, fail: Fail): unknown {
  // An empty list is an empty map, a list of maps (HCL's repeated blocks) their union.
  const parts = Array.isArray(input) ? input : [input];
  const map = newDict();
  for (const part of parts) {
    if (!isMap(part)) return fail(expectedMap(path, input));
    for (const [key, member] of Object.entries(part)) map[key] = read(of, member, `${path}[${key}]`, run);
  }
  return map;
}

function readSlice(of: Schema<unknown>, input: unknown, path: string, run: Run): unknown {
  if (isMap(input) && Object.keys(input).length === 0) return [];
  const elements = Array.isArray(input) ? input : [input];
  return elements.map((element, i) => read(of, element, `${path}[${i}]`, run));
}

function readText(input: unknown, path: string, fail: Fail): unknown {
  if (typeof input === 'string') return input;
  if (typeof input === 'boolean') return input ? '1' : '0';
  if (typeof input === 'number' || typeof input === 'bigint') return String(input);
  return fail(unconvertible(path, 'string', input));
}

const truths = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const untruths = ['0', 'f', 'F', 'FALSE', 'false', 'False', ''];

function readBool(input: unknown, path: string, fail: Fail): unknown {
  if (typeof input === 'boolean') return input;
  if (typeof input === 'number' || typeof input === 'bigint') return Number(input) !== 0;
  if (typeof input !== 'string') return fail(unconvertible(path, 'bool', input));
  if (truths.includes(input)) return true;
  if (untruths.includes(input)) return false;
  return fail(`cannot parse '${path}' as bool: strconv.ParseBool: parsing ${goQuote(input)}: invalid syntax`);
}

function readDuration(input: unknown, path: string, fail: Fail): unknown {
  if (typeof input === 'number' || typeof input === 'bigint') return Math.trunc(Number(input));
  if (typeof input !== 'string') return fail(unconvertible(path, 'time.Duration', input));
  try {
    return parseDuration(input);
  } catch (error) {
    if (error instanceof DurationError) return fail(`error decoding '${path}': ${error.message}`);
    throw error;
  }
}

function readNumber(type: Extract<Kind, { kind: 'int' | 'float' }>, input: unknown, path: string, fail: Fail): unknown {
  const [label, parser] =
    type.kind === 'float' ? ['float', 'ParseFloat'] : type.signed ? ['int', 'ParseInt'] : ['uint', 'ParseUint'];
  if (typeof input === 'boolean') return input ? 1 : 0;
  if (typeof input === 'string') {
    const good =
      type.kind === 'float' ? /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/ : type.signed ? /^[+-]?\d+$/ : /^\d+$/;
    if (input === '') return 0;
    if (!good.test(input)) {
      return fail(`cannot parse '${path}' as ${label}: strconv.${parser}: parsing ${goQuote(input)}: invalid syntax`);
    }
    return type.kind === 'float' ? Number(input) : whole(type, Number(input), path, fail);
  }
  if (typeof input !== 'number' && typeof input !== 'bigint') {
    const goType = type.kind === 'float' ? `float${type.bits}` : `${type.signed ? 'int' : 'uint'}${type.bits}`;
    return fail(unconvertible(path, goType, input));
  }
  if (type.kind === 'float') return type.bits === 32 ? Math.fround(Number(input)) : Number(input);
  return type.big ? input : whole(type, Number(input), path, fail);
}

function whole(type: Extract<Kind, { kind: 'int' }>, input: number, path: string, fail: Fail): unknown {
  const number = Math.trunc(input);
  if (number < 0 && !type.signed) return fail(`cannot parse '${path}', ${goValue(input)} overflows uint`);
  const limit = 2 ** (type.signed ? type.bits - 1 : type.bits);
  if (number < -limit || number >= limit) {
    return fail(`cannot parse '${path}' as ${type.signed ? 'int' : 'uint'}: value out of range`);
  }
  return number === 0 ? 0 : number;
}
