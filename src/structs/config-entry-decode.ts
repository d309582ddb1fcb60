/** An untyped document (JSON or HCL) into a config entry, weakly typed as Consul reads it. */
import { type ConfigEntryKind, entrySchema } from './config-entry.ts';
import { decodeMap, notAMap, unusedKeysText } from './map-decode.ts';

/** The message is what Consul puts behind "Request decoding failed: " and the like. */
export class ConfigEntryDecodeError extends Error {
  override readonly name = 'ConfigEntryDecodeError';
}

/** Throws ConfigEntryDecodeError, or MapDecodeError for values that do not fit their fields. */
export function decodeConfigEntry(document: unknown): Record<string, unknown> & { Kind: ConfigEntryKind } {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new ConfigEntryDecodeError(notAMap(document));
  }
  const given = document as Record<string, unknown>;
  const kind = given['Kind'] ?? given['kind'];
  if (kind === undefined) {
    throw new ConfigEntryDecodeError('Payload does not contain a kind/Kind key at the top level');
  }
  if (typeof kind !== 'string') throw new ConfigEntryDecodeError('Kind value in payload is not a string');
  const schema = entrySchema(kind);
  if (schema === undefined) throw new ConfigEntryDecodeError(`invalid config entry kind: ${kind}`);
  const { value, unused } = decodeMap(schema, given);
  const text = unusedKeysText(unused);
  if (text !== '') throw new ConfigEntryDecodeError(text);
  return value as Record<string, unknown> & { Kind: ConfigEntryKind };
}
