/** Expressions into functions, checked against the fields that there are. */
import { goQuote } from '../go-format.ts';
import { compileGoRegexp, GoRegexpError } from '../go-regexp.ts';
import { type Expression, FilterError, type Match, type Operator, operators } from './ast.ts';
import { coerce } from './coerce.ts';
import { parseFilter } from './parser.ts';

/** What may be selected: `map` by any key, `list` stands for any of its elements. */
export type Field =
  | { readonly kind: 'text' | 'bool' | 'int' | 'uint' | 'float' }
  | { readonly kind: 'list' | 'map'; readonly of: Field }
  | StructField;

export interface StructField {
  readonly kind: 'struct';
  readonly fields: ReadonlyMap<string, Field>;
}

export type Filter = (item: unknown) => boolean;

/** Compiled expressions by the struct they are for, the least recently used first. */
const kept = new WeakMap<StructField, Map<string, Filter>>();
const maxKept = 256;

/** Throws FilterError. */
export function compileFilter(expression: string, struct: StructField): Filter {
  let filters = kept.get(struct);
  if (filters === undefined) {
    filters = new Map();
    kept.set(struct, filters);
  }
  const filter = filters.get(expression) ?? compile(parseFilter(expression), struct);
  filters.delete(expression);
  filters.set(expression, filter);
  if (filters.size > maxKept) filters.delete(filters.keys().next().value as string);
  return filter;
}

function compile(expression: Expression, struct: StructField): Filter {
  switch (expression.kind) {
    case 'match':
      return compileMatch(expression, struct);
    case 'not': {
      const operand = compile(expression.operand, struct);
      return (item) => !operand(item);
    }
    case 'and': {
      const operands = expression.operands.map((operand) => compile(operand, struct));
      return (item) => operands.every((operand) => operand(item));
    }
    case 'or': {
      const operands = expression.operands.map((operand) => compile(operand, struct));
      return (item) => operands.some((operand) => operand(item));
    }
  }
}

/** A map has no such key, or there is no struct to have a field: whatever asks for something is not met. */
const resultOfAbsent: Readonly<Record<Operator, boolean>> = {
  equal: false,
  notEqual: true,
  in: false,
  notIn: true,
  isEmpty: true,
  isNotEmpty: false,
  matches: false,
  notMatches: true,
};

function compileMatch(match: Match, struct: StructField): Filter {
  const absent = resultOfAbsent[match.operator];
  const fieldAt = (field: Field, depth: number): Filter => {
    const name = match.selector[depth];
    if (field.kind === 'list' && name !== undefined) {
      const element = fieldAt(field.of, depth);
      return (value) => Array.isArray(value) && value.some(element);
    }
    if (name === undefined) return predicate(match, field);
    const inner = field.kind === 'map' ? field.of : field.kind === 'struct' ? field.fields.get(name) : undefined;
    if (inner === undefined) {
      throw new FilterError(`Selector ${goQuote(match.selector.slice(0, depth + 1).join('.'))} is not valid`);
    }
    const next = fieldAt(inner, depth + 1);
    return field.kind === 'map'
      ? (value) => (isObject(value) && Object.hasOwn(value, name) ? next(value[name]) : absent)
      : (value) => (isObject(value) ? next(value[name]) : absent);
  };
  return fieldAt(struct, 0);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The operators that each kind of field has, without their negations. */
const supported: Readonly<Record<Field['kind'], readonly Operator[]>> = {
  text: ['equal', 'in', 'matches'],
  bool: ['equal'],
  int: ['equal'],
  uint: ['equal'],
  float: ['equal'],
  list: ['in', 'isEmpty'],
  map: ['in', 'isEmpty'],
  struct: [],
};

const negations: Readonly<Partial<Record<Operator, Operator>>> = {
  notEqual: 'equal',
  notIn: 'in',
  isNotEmpty: 'isEmpty',
  notMatches: 'matches',
};

function predicate(match: Match, field: Field): Filter {
  const asked = negations[match.operator];
  const test = positive(asked ?? match.operator, match, field);
  return asked === undefined ? test : (value) => !test(value);
}

function positive(operator: Operator, match: Match, field: Field): Filter {
  const { value } = match;
  const ofStructs = field.kind === 'list' && field.of.kind !== 'text' && operator === 'in' && !isScalar(field.of);
  if (!supported[field.kind].includes(operator) || ofStructs) {
    const selector = goQuote(match.selector.join('.'));
    throw new FilterError(`Invalid match operator ${goQuote(operators[match.operator])} for selector ${selector}`);
  }
  switch (operator) {
    case 'equal': {
      const wanted = coerce(field, match);
      return (actual) => actual === wanted;
    }
    case 'matches': {
      const pattern = regExp(value);
      return (actual) => pattern.test(actual as string);
    }
    case 'isEmpty':
      return field.kind === 'list' ? (actual) => !Array.isArray(actual) || actual.length === 0 : isEmptyMap;
    default:
      if (field.kind === 'text') return (actual) => (actual as string).includes(value);
      if (field.kind === 'map') return (actual) => isObject(actual) && Object.hasOwn(actual, value);
      return inList(field.kind === 'list' ? coerce(field.of, match) : value);
  }
}

const isScalar = ({ kind }: Field): boolean => kind !== 'list' && kind !== 'map' && kind !== 'struct';

const inList =
  (wanted: unknown): Filter =>
  (actual) =>
    Array.isArray(actual) && actual.includes(wanted);

function isEmptyMap(actual: unknown): boolean {
  if (isObject(actual)) for (const key in actual) return !Object.hasOwn(actual, key);
  return true;
}

function regExp(pattern: string): { test(text: string): boolean } {
  try {
    return compileGoRegexp(pattern);
  } catch (error) {
    if (!(error instanceof GoRegexpError)) throw error;
    throw new FilterError(`Failed to compile regular expression ${goQuote(pattern)}: ${error.message}`);
  }
}
