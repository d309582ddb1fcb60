/** Addresses as operators write them for a join: `[name/]host[:port]`, names resolved to every address they have. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Address } from './memberlist/core/node.ts';
import { addrOfText } from './memberlist/transport.ts';

export interface JoinTarget {
  /** As it is named in messages. */
  readonly host: string;
  readonly port: number;
}

export function parseJoinTarget(text: string, defaultPort: number): JoinTarget {
  const plain = text.slice(text.lastIndexOf('/') + 1);
  if (isIP(plain) === 6) return { host: plain, port: defaultPort };
  const [, bracketed, host, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(plain) ?? [];
  return { host: bracketed ?? host ?? plain, port: port === undefined ? defaultPort : Number(port) };
}

/** Thrown for a name that has no address; the text is Go's. */
export class LookupError extends Error {
  override readonly name = 'LookupError';
}

/** @throws LookupError */
export async function resolveJoinTarget({ host, port }: JoinTarget): Promise<Address[]> {
  const direct = addrOfText(host);
  if (direct !== null) return [{ addr: direct, port }];
  try {
    const found = await lookup(host, { all: true });
    if (found.length === 0) throw new Error('nothing found');
    return found.flatMap(({ address }) => {
      const addr = addrOfText(address);
      return addr === null ? [] : [{ addr, port }];
    });
  } catch (error) {
    throw new LookupError(`lookup ${host}: no such host`, { cause: error });
  }
}
