/** The text of a value into what its field holds. */
import { goQuote } from '../go-format.ts';
import { FilterError, type Match } from './ast.ts';
import type { Field } from './compile.ts';

const truths = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const untruths = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

/** Throws FilterError with the words of Go's parsers. */
export function coerce(field: Field, { selector, value }: Match): string | number | boolean {
  const fail = (parser: string, reason: string): never => {
    const where = `value ${goQuote(value)} for selector ${goQuote(selector.join('.'))}`;
    throw new FilterError(`Failed to coerce ${where}: strconv.${parser}: parsing ${goQuote(value)}: ${reason}`);
  };
  switch (field.kind) {
    case 'bool':
      if (truths.includes(value)) return true;
      return untruths.includes(value) ? false : fail('ParseBool', 'invalid syntax');
    case 'int':
    case 'uint': {
      const parser = field.kind === 'int' ? 'ParseInt' : 'ParseUint';
      const form = field.kind === 'int' ? /^[+-]?(?:0[xX][0-9a-fA-F]+|\d+)$/ : /^(?:0[xX][0-9a-fA-F]+|\d+)$/;
      if (!form.test(value)) return fail(parser, 'invalid syntax');
      const sign = value.startsWith('-') ? -1n : 1n;
      const exact = sign * BigInt(value.replace(/^[+-]/, ''));
      const [min, max] = field.kind === 'int' ? [-(2n ** 63n), 2n ** 63n] : [0n, 2n ** 64n];
      return exact < min || exact >= max ? fail(parser, 'value out of range') : Number(exact);
    }
    case 'float':
      return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)
        ? Number(value)
        : fail('ParseFloat', 'invalid syntax');
    default:
      return value;
  }
}
