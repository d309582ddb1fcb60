/** Request bodies in JSON, with the refusals of the endpoints that take them. */
import { JsonError } from '../../lib/go-json/index.ts';
import { decodeJson, type JsonDecodeOptions } from '../../structs/json-decode.ts';
import type { Schema } from '../../structs/schema.ts';
import { BadRequest } from '../errors.ts';
import type { ApiRequest } from './api-request.ts';

export async function decodeBody<T>(
  request: ApiRequest,
  schema: Schema<T>,
  options: JsonDecodeOptions = {},
  what = 'Request decode failed',
): Promise<T> {
  const body = await request.readBody();
  return refusing(what, () => decodeJson(schema, body, options));
}

/** Runs a decoder; what is wrong with the document is answered with 400 and `what: why`. */
export function refusing<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof JsonError) throw new BadRequest(`${what}: ${error.message}`);
    throw error;
  }
}
