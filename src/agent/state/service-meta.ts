/** The rules for metadata of services and nodes, and what is said when they are broken. */
import type { NodeService } from '../../structs/catalog.ts';

const maxPairs = 64;
const maxKeyLength = 128;
const maxValueLength = 512;
const gatewayKinds = new Set(['mesh-gateway', 'terminating-gateway', 'ingress-gateway']);

function pairFault(key: string, value: string, reservedAllowed: boolean): string | null {
  if (key === '') return 'Key cannot be blank';
  if (!/^[a-zA-Z0-9_-]+$/.test(key)) return 'Key contains invalid characters';
  if (key.length > maxKeyLength) return `Key is too long (limit: ${maxKeyLength} characters)`;
  if (!reservedAllowed && key.startsWith('consul-')) return `Key prefix 'consul-' is reserved for internal use`;
  if (value.length > maxValueLength) return `Value is too long (limit: ${maxValueLength} characters)`;
  return null;
}

/** Null when the metadata is well. Gateways announce some of their own under `consul-`. */
export function serviceMetaFault({ Kind, Meta }: NodeService): string | null {
  const pairs = Object.entries(Meta ?? {});
  if (pairs.length > maxPairs) return `Node metadata cannot contain more than ${maxPairs} key/value pairs`;
  for (const [key, value] of pairs) {
    const fault = pairFault(key, value, gatewayKinds.has(Kind));
    if (fault !== null) return `Couldn't load metadata pair ('${key}', '${value}'): ${fault}`;
  }
  return null;
}
