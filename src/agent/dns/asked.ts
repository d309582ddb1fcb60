/** What a name below our domain asks for. Pure; names come in lower case. */
import type { IpBytes } from '../../lib/sockaddr/ip.ts';
import { isWithin, labelsOf, labelText, type WireName } from './wire/name.ts';
import { TYPE } from './wire/numbers.ts';

export type Asked =
  | { readonly kind: 'node'; readonly node: string; readonly datacenter: string }
  | {
      readonly kind: 'service';
      readonly service: string;
      /** Empty for all. */
      readonly tag: string;
      readonly datacenter: string;
      readonly through: 'direct' | 'connect' | 'ingress';
    }
  | { readonly kind: 'query'; readonly query: string; readonly datacenter: string }
  /** `bytes` is null where the label has the length of no address. */
  | { readonly kind: 'address'; readonly bytes: IpBytes | null }
  | { readonly kind: 'nothing' };

const nothing: Asked = { kind: 'nothing' };
const kinds: ReadonlySet<string> = new Set(['service', 'connect', 'ingress', 'node', 'query', 'addr']);

/** The zone among ours that a name is in, the longest; null for foreign names. */
export function zoneOf(name: WireName, zones: readonly WireName[]): WireName | null {
  let found: WireName | null = null;
  for (const zone of zones) if (zone.length > (found?.length ?? 0) && isWithin(name, zone)) found = zone;
  return found;
}

/** `localDatacenter` is meant where the name says none. */
export function parseAsked(name: WireName, zone: WireName, type: number, localDatacenter: string): Asked {
  const labels = labelsOf(name.slice(0, name.length - zone.length)).map(labelText);
  // The last word decides, so that nodes and services may be called like one.
  for (let i = labels.length - 1; i >= 0; i--) {
    const label = labels[i]!;
    if (kinds.has(label)) return parse(label, labels.slice(0, i), labels.slice(i + 1), localDatacenter);
    // In SRV questions of RFC 2782 the word `service` may be missing.
    if (type === TYPE.SRV && label.startsWith('_')) {
      return parse('service', labels.slice(0, i + 1), labels.slice(i + 1), localDatacenter);
    }
  }
  return nothing;
}

function parse(kind: string, words: readonly string[], behind: readonly string[], localDatacenter: string): Asked {
  if (kind === 'addr') return words.length === 1 ? addressOf(words[0]!) : nothing;
  if (words.length === 0 || behind.length > 1) return nothing;
  const datacenter = behind[0] ?? localDatacenter;
  const last = words.at(-1)!;
  switch (kind) {
    case 'node':
      return { kind: 'node', node: words.join('.'), datacenter };
    case 'query':
      return { kind: 'query', query: words.join('.'), datacenter };
    case 'service':
      return { kind: 'service', ...instanceWords(words), datacenter, through: 'direct' };
    default:
      return { kind: 'service', service: last, tag: '', datacenter, through: kind as 'connect' | 'ingress' };
  }
}

/** `tag.name`, or `_name._tag` where `_tcp` stands for no tag. */
function instanceWords(words: readonly string[]): { service: string; tag: string } {
  const [first, second] = words;
  if (words.length === 2 && first!.startsWith('_') && second!.startsWith('_')) {
    return { service: first!.slice(1), tag: second === '_tcp' ? '' : second!.slice(1) };
  }
  return { service: words.at(-1)!, tag: words.slice(0, -1).join('.') };
}

function addressOf(word: string): Asked {
  const size = Math.floor(word.length / 2);
  if (size !== 4 && size !== 16) return { kind: 'address', bytes: null };
  if (word.length !== 2 * size || !/^[0-9a-f]+$/.test(word)) return nothing;
  return { kind: 'address', bytes: [...Buffer.from(word, 'hex')] };
}
