/** Binding rules: whom they are for, and the name that they bind somebody to. */
import { compileFilter, FilterError, type StructField } from '../../lib/bexpr/index.ts';
import { AuthMethodError } from './auth-methods.ts';

const text = { kind: 'text' } as const;
/** What selectors may ask of. Names that somebody does not have are no error: the rule is for others. */
const identityFields: StructField = {
  kind: 'struct',
  fields: new Map([
    ['value', { kind: 'map', of: text }],
    ['list', { kind: 'map', of: { kind: 'list', of: text } }],
  ]),
};

const account = ['namespace', 'name', 'uid'].map((name) => [name, text] as const);
const accountFields: StructField = {
  kind: 'struct',
  fields: new Map([['serviceaccount', { kind: 'struct', fields: new Map(account) }]]),
};

const fieldsOf = (methodType: string): StructField => (methodType === 'jwt' ? identityFields : accountFields);

/** @throws FilterError for a selector that is none, or asks of what nobody has */
export function demandSelector(selector: string, methodType: string): void {
  if (selector !== '') compileFilter(selector, fieldsOf(methodType));
}

/** `selectable`: of an Identity. */
export function isSelected(selector: string, methodType: string, selectable: object): boolean {
  if (selector === '') return true;
  try {
    return compileFilter(selector, fieldsOf(methodType))(selectable);
  } catch (error) {
    if (error instanceof FilterError) return false;
    throw error;
  }
}

/** The name with its `${…}` filled in. @throws AuthMethodError with where in the name it is wrong */
export function interpolate(name: string, resolveVariable: (variable: string) => string | undefined): string {
  let out = '';
  let at = 0;
  for (;;) {
    const open = name.indexOf('${', at);
    if (open < 0) return out + name.slice(at);
    const close = name.indexOf('}', open);
    if (close < 0) {
      throw new AuthMethodError(`parse error at 1:${name.length + 1}: expected "}" but found end of string`);
    }
    const variable = name.slice(open + 2, close).trim();
    const value = resolveVariable(variable);
    if (value === undefined) throw new AuthMethodError(`1:${open + 3}: unknown variable accessed: ${variable}`);
    out += name.slice(at, open) + value;
    at = close + 1;
  }
}

const lowerName = /^[a-z0-9]([a-z0-9\-_]*[a-z0-9])?$/;
const roleName = /^[A-Za-z0-9\-_]{1,256}$/;

export const isBindName = (type: string, name: string): boolean =>
  type === 'role' ? roleName.test(name) : name.length <= 256 && lowerName.test(name);
