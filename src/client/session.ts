/** Sessions: what locks belong to. */
import { escapePath } from '../lib/go-url.ts';
import type { Answer, ConsulHttp, QueryOptions, WriteOptions } from './http.ts';
import type { SessionEntry, SessionRequest } from './types.ts';

export interface SessionApi {
  /** The new session's id. */
  create(request: SessionRequest, options?: WriteOptions): Promise<string>;
  destroy(id: string, options?: WriteOptions): Promise<void>;
  /** null: the session is gone. */
  renew(id: string, options?: WriteOptions): Promise<SessionEntry | null>;
  info(id: string, options?: QueryOptions): Promise<Answer<SessionEntry | null>>;
  list(options?: QueryOptions): Promise<Answer<SessionEntry[]>>;
  node(node: string, options?: QueryOptions): Promise<Answer<SessionEntry[]>>;
}

export function sessionApi(http: ConsulHttp): SessionApi {
  const of = (what: string, id: string): string => `/v1/session/${what}/${escapePath(id)}`;
  return {
    async create(request, options) {
      const { ID } = await http.put<{ ID: string }>('/v1/session/create', request, options);
      return ID;
    },
    async destroy(id, options) {
      await http.put(of('destroy', id), undefined, options);
    },
    async renew(id, options) {
      const answer = await http.ask({ method: 'PUT', path: of('renew', id), options, accept: [404] });
      if (answer.status === 404) return null;
      return (JSON.parse(answer.body.toString()) as SessionEntry[])[0] ?? null;
    },
    async info(id, options) {
      const { value, meta } = await http.get<SessionEntry[]>(of('info', id), options);
      return { value: value[0] ?? null, meta };
    },
    list: (options) => http.get('/v1/session/list', options),
    node: (node, options) => http.get(of('node', node), options),
  };
}
