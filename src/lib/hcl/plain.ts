/** The plain tree that HCL and JSON texts become. Objects have no prototype, so a key `__proto__` is a key like any other. */

export type PlainValue = string | number | boolean | null | readonly PlainValue[] | PlainObject;

export interface PlainObject {
  readonly [key: string]: PlainValue;
}

export const emptyObject = (): Record<string, PlainValue> => Object.create(null) as Record<string, PlainValue>;
