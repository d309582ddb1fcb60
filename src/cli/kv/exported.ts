/** The entries of a list as "kv export" writes it. */
import { parseJson } from '../../client/http.ts';
import { CliError } from '../command.ts';

export interface ExportedEntry {
  readonly key: string;
  readonly flags: number | bigint;
  /** Base64. */
  readonly value: string;
}

const badData = (why: string): CliError => new CliError(`Cannot unmarshal data: ${why}`);

/** Throws a CliError that names what is wrong. */
export function parseExported(text: string): ExportedEntry[] {
  let data: unknown;
  try {
    data = parseJson(text);
  } catch (error) {
    throw badData(text.trim() === '' ? 'unexpected end of JSON input' : (error as Error).message);
  }
  if (data === null) return [];
  if (!Array.isArray(data)) throw badData('a list of entries is wanted');
  return data.map((item: unknown, at) => {
    if (item === null || typeof item !== 'object') throw badData(`entry ${at} is not an object`);
    const { key = '', flags = 0, value = '' } = item as Record<string, unknown>;
    if (typeof key !== 'string') throw badData(`key of entry ${at} is not a string`);
    if (typeof value !== 'string') throw badData(`value of entry ${at} is not a string`);
    const whole = typeof flags === 'bigint' || (typeof flags === 'number' && Number.isSafeInteger(flags));
    if (!whole || flags < 0) throw badData(`flags of entry ${at} are not a number of 64 bits`);
    return { key, flags, value };
  });
}
