/** Intentions: who may talk to whom. */
import { escapePath } from '../lib/go-url.ts';
import { type Answer, type ConsulHttp, parseJson, type QueryOptions } from './http.ts';

export interface Intention {
  readonly ID?: string;
  readonly Description?: string;
  readonly SourceNS?: string;
  readonly SourceName: string;
  readonly DestinationNS?: string;
  readonly DestinationName: string;
  readonly SourceType?: string;
  readonly Action?: string;
  readonly Permissions?: readonly object[] | null;
  readonly Meta?: Readonly<Record<string, string>> | null;
  readonly Precedence?: number;
  /** RFC 3339; absent where the intention has no identifier. */
  readonly CreatedAt?: string;
}

export interface IntentionsApi {
  list(options?: QueryOptions): Promise<Answer<Intention[]>>;
  get(id: string): Promise<Intention>;
  /** null: there is none. */
  exact(source: string, destination: string): Promise<Intention | null>;
  create(intention: Intention): Promise<string>;
  /** Makes or replaces the intention between both ends; it has no identifier. */
  setExact(intention: Intention): Promise<void>;
  /** Replaces the intention of this identifier. */
  update(id: string, intention: Intention): Promise<void>;
  delete(id: string): Promise<void>;
  deleteExact(source: string, destination: string): Promise<void>;
  check(source: string, destination: string): Promise<boolean>;
  match(by: 'source' | 'destination', name: string): Promise<readonly Intention[]>;
}

const base = '/v1/connect/intentions';

export function intentionsApi(http: ConsulHttp): IntentionsApi {
  const ends = (source: string, destination: string) => ({ query: { destination, source } });
  return {
    list: (options) => http.get(base, options),
    get: async (id) => (await http.get<Intention>(`${base}/${escapePath(id)}`)).value,
    async exact(source, destination) {
      const asked = { method: 'GET', path: `${base}/exact`, ...ends(source, destination), accept: [404] } as const;
      const { status, body } = await http.ask(asked);
      return status === 404 ? null : (parseJson(body) as Intention);
    },
    async create(intention) {
      const { body } = await http.ask({ method: 'POST', path: base, body: intention });
      return (parseJson(body) as { ID: string }).ID;
    },
    async setExact(intention) {
      const { SourceName, DestinationName } = intention;
      const asked = { method: 'PUT', path: `${base}/exact`, ...ends(SourceName, DestinationName) } as const;
      await http.ask({ ...asked, body: intention });
    },
    async update(id, intention) {
      await http.ask({ method: 'PUT', path: `${base}/${escapePath(id)}`, body: intention });
    },
    async delete(id) {
      await http.ask({ method: 'DELETE', path: `${base}/${escapePath(id)}` });
    },
    async deleteExact(source, destination) {
      await http.ask({ method: 'DELETE', path: `${base}/exact`, ...ends(source, destination) });
    },
    async check(source, destination) {
      const query = { destination, source, 'source-type': 'consul' };
      return (await http.get<{ Allowed: boolean }>(`${base}/check`, undefined, query)).value.Allowed;
    },
    async match(by, name) {
      const { value } = await http.get<Record<string, Intention[]>>(`${base}/match`, undefined, { by, name });
      return value[name] ?? [];
    },
  };
}
