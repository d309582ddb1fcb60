/** Config entries, as plain objects: their shape depends on their kind. */
import { escapePath } from '../lib/go-url.ts';
import { type Answer, type ConsulHttp, parseJson, type QueryOptions, type WriteOptions } from './http.ts';

export interface ConfigEntry {
  readonly Kind: string;
  readonly Name?: string;
  readonly ModifyIndex?: number;
  readonly [field: string]: unknown;
}

export interface ConfigApi {
  get(kind: string, name: string, options?: QueryOptions): Promise<Answer<ConfigEntry>>;
  list(kind: string, options?: QueryOptions): Promise<Answer<ConfigEntry[]>>;
  /** With `cas` only if the entry's index is this one (0: if there is none); false when it is not. */
  set(entry: object | string, options?: WriteOptions & { readonly cas?: string }): Promise<boolean>;
  delete(kind: string, name: string, options?: WriteOptions): Promise<void>;
}

const pathOf = (kind: string, name: string): string => `/v1/config/${escapePath(kind)}/${escapePath(name)}`;

export function configApi(http: ConsulHttp): ConfigApi {
  return {
    get: (kind, name, options) => http.get(pathOf(kind, name), options),
    list: (kind, options) => http.get(`/v1/config/${escapePath(kind)}`, options),
    set: (entry, { cas, ...options } = {}) => http.put('/v1/config', entry, options, cas === undefined ? {} : { cas }),
    async delete(kind, name, options) {
      const { body } = await http.ask({ method: 'DELETE', path: pathOf(kind, name), ...(options && { options }) });
      parseJson(body);
    },
  };
}
