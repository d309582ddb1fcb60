/** A small Consul in memory: keys, sessions and locks with blocking queries, enough to try the client and the CLI on. */
import type { HttpRequest, HttpResponse, Transport } from '../../../src/client/transport.ts';
import type { KvPair } from '../../../src/client/types.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly index?: number;
}

export interface FakeConsul {
  readonly transport: Transport;
  /** Every request line so far: `GET /v1/kv/x`. */
  readonly requests: string[];
  /** Header sets, beside `requests`. */
  readonly headers: Readonly<Record<string, string>>[];
  readonly sessions: Map<string, { readonly Behavior: string; readonly Name: string }>;
  readonly keys: Map<string, KvPair>;
  /** Answers of other paths, by `METHOD /path`. */
  readonly fixed: Map<string, Reply | Error>;
  endSession(id: string): void;
  handle(method: string, target: string, body: Buffer, signal?: AbortSignal): Promise<Reply>;
}

export function fakeConsul(): FakeConsul {
  const keys = new Map<string, KvPair>();
  const sessions = new Map<string, { Behavior: string; Name: string }>();
  const fixed = new Map<string, Reply | Error>();
  const requests: string[] = [];
  const headers: Readonly<Record<string, string>>[] = [];
  let index = 10;
  let waiting: (() => void)[] = [];

  function changed(): void {
    index += 1;
    const wake = waiting;
    waiting = [];
    for (const resolve of wake) resolve();
  }

  const json = (value: unknown): string =>
    JSON.stringify(value, (_key, item) =>
      typeof item === 'bigint' ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(item)) : item,
    );

  function write(key: string, query: URLSearchParams, body: Buffer): boolean {
    const old = keys.get(key);
    const cas = query.get('cas');
    if (cas !== null && Number(cas) !== (old?.ModifyIndex ?? 0)) return false;
    const acquire = query.get('acquire');
    const release = query.get('release');
    if (acquire !== null && (!sessions.has(acquire) || (old?.Session && old.Session !== acquire))) return false;
    if (release !== null && old?.Session !== release) return false;
    const { Session: holder, ...rest } = old ?? { CreateIndex: index + 1, LockIndex: 0 };
    const session = release !== null ? undefined : (acquire ?? holder);
    const pair: Mutable<KvPair> = {
      ...rest,
      Key: key,
      Flags: BigInt(query.get('flags') ?? 0),
      Value: body.length === 0 ? null : body.toString('base64'),
      ModifyIndex: index + 1,
      LockIndex: rest.LockIndex + (acquire !== null && holder !== acquire ? 1 : 0),
      ...(session !== undefined && { Session: session }),
    };
    keys.set(key, pair);
    changed();
    return true;
  }

  function endSession(id: string): void {
    const session = sessions.get(id);
    if (session === undefined) return;
    sessions.delete(id);
    for (const [key, pair] of keys) {
      if (pair.Session !== id) continue;
      if (session.Behavior === 'delete') keys.delete(key);
      else {
        const { Session: _, ...rest } = pair;
        keys.set(key, { ...rest, ModifyIndex: index + 1 });
      }
    }
    changed();
  }

  const sorted = (prefix: string): KvPair[] =>
    [...keys.values()].filter(({ Key }) => Key.startsWith(prefix)).sort((a, b) => (a.Key < b.Key ? -1 : 1));

  function read(key: string, query: URLSearchParams): Reply {
    if (query.has('keys')) {
      const separator = query.get('separator') ?? '';
      const names = sorted(key).map(({ Key }) => {
        const at = separator === '' ? -1 : Key.indexOf(separator, key.length);
        return at < 0 ? Key : Key.slice(0, at + separator.length);
      });
      return names.length === 0
        ? { status: 404, body: '', index }
        : { status: 200, body: json([...new Set(names)]), index };
    }
    const found = query.has('recurse') ? sorted(key) : sorted(key).filter(({ Key }) => Key === key);
    return found.length === 0 ? { status: 404, body: '', index } : { status: 200, body: json(found), index };
  }

  function kv(method: string, key: string, query: URLSearchParams, body: Buffer): Reply {
    if (method === 'GET') return read(key, query);
    if (method === 'PUT') return { status: 200, body: String(write(key, query, body)) };
    const cas = query.get('cas');
    if (cas !== null && Number(cas) !== keys.get(key)?.ModifyIndex) return { status: 200, body: 'false' };
    for (const pair of query.has('recurse') ? sorted(key) : [{ Key: key }]) keys.delete(pair.Key);
    changed();
    return { status: 200, body: 'true' };
  }

  function session(what: string, id: string, body: Buffer): Reply {
    if (what === 'create') {
      const created = `5e551011-0000-4000-8000-${String(sessions.size + index).padStart(12, '0')}`;
      const { Behavior = 'release', Name = '' } = JSON.parse(body.toString() || '{}');
      sessions.set(created, { Behavior, Name });
      return { status: 200, body: json({ ID: created }) };
    }
    if (what === 'destroy') endSession(id);
    if (what === 'renew')
      return sessions.has(id) ? { status: 200, body: json([{ ID: id }]) } : { status: 404, body: '' };
    return { status: 200, body: 'true' };
  }

  async function handle(method: string, target: string, body: Buffer, signal?: AbortSignal): Promise<Reply> {
    requests.push(`${method} ${target}`);
    const url = new URL(target, 'http://fake');
    const answer = fixed.get(`${method} ${url.pathname}`);
    if (answer instanceof Error) throw answer;
    if (answer) return answer;
    if (Number(url.searchParams.get('index') ?? 0) >= index) {
      await new Promise<void>((resolve, reject) => {
        waiting.push(resolve);
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
      });
    }
    const path = decodeURIComponent(url.pathname);
    if (path.startsWith('/v1/kv/')) return kv(method, path.slice('/v1/kv/'.length), url.searchParams, body);
    const [, , area, what = '', id = ''] = path.split('/');
    if (area === 'session') return session(what, id, body);
    if (path === '/v1/agent/self')
      return { status: 200, body: json({ Config: {}, Stats: { agent: { checks: '0' } } }) };
    if (path === '/v1/status/leader') return { status: 200, body: '"127.0.0.1:8300"' };
    return { status: 404, body: '' };
  }

  const respond = async ({ method, target, body, signal, headers: sent }: HttpRequest): Promise<HttpResponse> => {
    headers.push(sent);
    const bytes = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : Buffer.alloc(0);
    const reply = await handle(method, target, bytes, signal);
    return {
      status: reply.status,
      header: (name) => (name === 'x-consul-index' && reply.index !== undefined ? String(reply.index) : undefined),
      body: Buffer.from(reply.body),
    };
  };

  return {
    keys,
    sessions,
    fixed,
    requests,
    headers,
    endSession,
    handle,
    transport: {
      send: respond,
      async stream(request) {
        const { body, ...head } = await respond(request);
        return {
          ...head,
          body: (async function* () {
            yield body;
          })(),
        };
      },
      close: () => undefined,
    },
  };
}
