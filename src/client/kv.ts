/** Keys and values, and transactions over them. */

import { escapePath } from '../lib/go-url.ts';
import { statusError } from './errors.ts';
import { type Answer, type ConsulHttp, parseJson, type Query, type QueryOptions, type WriteOptions } from './http.ts';
import type { KvPair, TxnOp, TxnResult } from './types.ts';

export interface KvPutOptions extends WriteOptions {
  readonly flags?: number | bigint | undefined;
  /** Write only if the key's ModifyIndex is this; 0: only if there is no such key. */
  readonly cas?: number | bigint | undefined;
  /** Session that takes, or gives back, the lock. */
  readonly acquire?: string | undefined;
  readonly release?: string | undefined;
}

export interface KvDeleteOptions extends WriteOptions {
  readonly cas?: number | bigint | undefined;
}

export interface KvApi {
  /** null: no such key. */
  get(key: string, options?: QueryOptions): Promise<Answer<KvPair | null>>;
  /** null: nothing below the prefix. */
  list(prefix: string, options?: QueryOptions): Promise<Answer<KvPair[] | null>>;
  /** Names up to the separator; null: none. */
  keys(prefix: string, separator: string, options?: QueryOptions): Promise<Answer<string[] | null>>;
  /** false: the check-and-set or the lock did not succeed. */
  put(key: string, value: string | Uint8Array, options?: KvPutOptions): Promise<boolean>;
  delete(key: string, options?: KvDeleteOptions): Promise<boolean>;
  deleteTree(prefix: string, options?: WriteOptions): Promise<boolean>;
  /** `committed` is false when an operation failed and nothing was done. */
  txn(ops: readonly TxnOp[], options?: WriteOptions): Promise<TxnResult & { readonly committed: boolean }>;
}

/** The bytes of an entry. */
export const bytesOf = (pair: KvPair): Buffer => Buffer.from(pair.Value ?? '', 'base64');

const pathOf = (key: string): string => `/v1/kv/${escapePath(key.startsWith('/') ? key.slice(1) : key)}`;
const text = (value: number | bigint | string | undefined): string | undefined => value?.toString();

export function kvApi(http: ConsulHttp): KvApi {
  async function read<T>(key: string, query: Query, options?: QueryOptions): Promise<Answer<T | null>> {
    const { status, body, meta } = await http.ask({
      method: 'GET',
      path: pathOf(key),
      query,
      options,
      accept: [404],
      bare: true,
    });
    return { value: status === 404 ? null : (parseJson(body) as T), meta };
  }

  const write = async (
    method: 'PUT' | 'DELETE',
    key: string,
    query: Query,
    options?: WriteOptions,
    body?: string | Uint8Array,
  ): Promise<boolean> => {
    const answer = await http.ask({ method, path: pathOf(key), query, body, options });
    return answer.body.includes('true');
  };

  return {
    async get(key, options) {
      const { value, meta } = await read<KvPair[]>(key, {}, options);
      return { value: value?.[0] ?? null, meta };
    },
    list: (prefix, options) => read<KvPair[]>(prefix, { recurse: '' }, options),
    keys: (prefix, separator, options) =>
      read<string[]>(prefix, { keys: '', ...(separator !== '' && { separator }) }, options),
    put(key, value, options = {}) {
      const { flags, cas, acquire, release } = options;
      const query = { flags: flags ? text(flags) : undefined, cas: text(cas), acquire, release };
      return write('PUT', key, query, options, value);
    },
    delete: (key, options = {}) => write('DELETE', key, { cas: text(options.cas) }, options),
    deleteTree: (prefix, options) => write('DELETE', prefix, { recurse: '' }, options),
    async txn(ops, options) {
      const { status, body } = await http.ask({ method: 'PUT', path: '/v1/txn', body: ops, options, accept: [409] });
      const result = parseJson(body);
      if (result === null || typeof result !== 'object') throw statusError(status, body.toString());
      return { Results: null, Errors: null, ...result, committed: status === 200 };
    },
  };
}
