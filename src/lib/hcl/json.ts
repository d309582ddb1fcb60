/** JSON texts as the same plain tree as HCL. The last of several equal keys wins; complaints are Go's. */

import { JsonError, JsonNumber, JsonObject, type JsonValue, parseWhole } from '../go-json/index.ts';
import { SyntaxFault } from './errors.ts';
import { emptyObject, type PlainValue } from './plain.ts';

/** Throws SyntaxFault. */
export function parseJson(text: string): PlainValue {
  try {
    return plain(parseWhole(text));
  } catch (error) {
    if (error instanceof JsonError) throw new SyntaxFault(error.message);
    throw error;
  }
}

function plain(value: JsonValue): PlainValue {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof JsonObject)) return value;
  const out = emptyObject();
  for (const [key, member] of value.members) out[key] = plain(member);
  return out;
}
