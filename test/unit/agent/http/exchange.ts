/** The API without ports: a server over a fake RPC, and requests that are objects, answered into memory. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { AgentCache } from '../../../../src/agent/cache/agent-cache.ts';
import type { Config } from '../../../../src/agent/config/config.ts';
import type { AgentFace, Api } from '../../../../src/agent/http/api.ts';
import { createHttpServer, type HttpServer } from '../../../../src/agent/http/server.ts';
import type { Answer, CallOptions, RpcCaller } from '../../../../src/agent/rpc/caller.ts';
import type { Logger } from '../../../../src/agent/telemetry/api.ts';
import type { QueryMeta } from '../../../../src/structs/common.ts';
import { manualRuntime } from '../server/manual-runtime.ts';

export interface Call {
  readonly method: string;
  readonly args: Record<string, unknown>;
  readonly options: CallOptions | undefined;
}

export type Respond = (call: Call) => unknown;

export const meta = (Index: number, more: Partial<QueryMeta> = {}): QueryMeta => ({
  Index,
  LastContact: 0,
  KnownLeader: true,
  ConsistencyLevel: '',
  NotModified: false,
  Backend: 0,
  ...more,
});

export const answer = <R>(reply: R, Index = 0, isCurrent?: () => boolean): Answer<R> =>
  isCurrent === undefined ? { reply, meta: meta(Index) } : { reply, meta: meta(Index), isCurrent };

export const silent: Logger = {
  named: () => silent,
  enabled: () => false,
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

export interface Settings {
  readonly devMode?: boolean;
  readonly http?: Partial<Config['http']>;
  readonly limits?: Partial<Config['limits']>;
  readonly ui?: Config['ui'];
  readonly translateWanAddrs?: boolean;
  readonly agent?: Partial<AgentFace>;
  readonly acl?: Api['acl'];
  readonly nowMs?: () => number;
}

export interface Served {
  readonly calls: Call[];
  readonly server: HttpServer;
  request(method: string, url: string, more?: More): Promise<Reply>;
  /** Moves the time of the agent's cache. */
  advance(ms: number): void;
}

interface More {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly from?: string;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly text: string;
}

/** What the API reads of a configuration; tests that reach for more fail on undefined. */
export function configOf(settings: Settings = {}): Config {
  const config = {
    devMode: settings.devMode ?? false,
    datacenter: 'dc1',
    primaryDatacenter: 'dc1',
    nodeName: 'here',
    nodeMeta: {},
    discoveryMaxStaleMs: 0,
    translateWanAddrs: settings.translateWanAddrs ?? false,
    httpAddrs: [],
    httpsAddrs: [],
    acl: { enabled: false, defaultPolicy: 'allow', downPolicy: '' },
    ui: settings.ui ?? { enabled: false, dir: '', contentPath: '/ui/' },
    http: {
      blockEndpoints: [],
      allowWriteHttpFrom: [],
      responseHeaders: {},
      useCache: true,
      maxHeaderBytes: 0,
      disableUnprintableCharFilter: false,
      ...settings.http,
    },
    limits: {
      httpMaxConnsPerClient: 200,
      httpsHandshakeTimeoutMs: 5000,
      kvMaxValueSize: 524288,
      txnMaxReqLen: 524288,
      ...settings.limits,
    },
  };
  return config as unknown as Config;
}

export function serve(respond: Respond, settings: Settings = {}): Served {
  const calls: Call[] = [];
  const rpc: RpcCaller = {
    call: (method, args, options) => {
      const call = { method, args: args as Record<string, unknown>, options };
      calls.push(call);
      return respond(call) as ReturnType<RpcCaller['call']> as never;
    },
  };
  const { clock, advance } = manualRuntime();
  const fetchLimit = () => ({ perSecond: Number.POSITIVE_INFINITY, burst: 2 });
  const cache = new AgentCache({ rpc, clock, logger: silent, fetchLimit });
  const nothing = () => () => {};
  // Tests that reach for more of the agent than they gave fail on undefined.
  const acls = { acl: settings.acl ?? null, tokens: { user: '', onChange: nothing } };
  const api = {
    rpc,
    cache,
    config: configOf(settings),
    agent: settings.agent ?? {},
    ...acls,
    log: silent,
  } as unknown as Api;
  const server = createHttpServer({
    api,
    tls: { listening: () => null },
    logger: silent,
    metrics: { counter: nothing, sample: nothing, gauge: nothing },
    requestTimer: nothing,
    nowMs: settings.nowMs ?? (() => 0),
  });
  return { calls, server, advance, request: (method, url, more = {}) => exchange(server, method, url, more) };
}

function exchange(server: HttpServer, method: string, url: string, { headers = {}, body, from }: More): Promise<Reply> {
  const socket = new Socket();
  if (from !== undefined) Object.defineProperty(socket, 'remoteAddress', { value: from });
  const raw = new IncomingMessage(socket);
  raw.method = method;
  raw.url = url;
  raw.httpVersionMajor = 1;
  raw.httpVersionMinor = 1;
  const all = body === undefined ? headers : { 'content-length': String(Buffer.byteLength(body)), ...headers };
  for (const [name, value] of Object.entries(all)) {
    raw.headers[name.toLowerCase()] = value;
    raw.rawHeaders.push(name, value);
  }
  if (body !== undefined) raw.push(Buffer.from(body));
  raw.push(null);
  raw.complete = body === undefined;
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const wire = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        parts.push(Buffer.from(chunk));
        done();
      },
    });
    const res = new ServerResponse(raw);
    res.assignSocket(wire as unknown as Socket);
    // As Node's server does it.
    wire.on('drain', () => res.emit('drain'));
    res.once('finish', () => resolve(parse(Buffer.concat(parts))));
    res.once('close', () => {
      if (!res.writableFinished) reject(new Error('the connection was broken'));
    });
    server.handle(raw, res);
  });
}

function parse(bytes: Buffer): Reply {
  const end = bytes.indexOf('\r\n\r\n');
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  let body = bytes.subarray(end + 4);
  if (headers['transfer-encoding'] === 'chunked') body = dechunk(body);
  if (headers['content-encoding'] === 'gzip') body = gunzipSync(body);
  return { status: Number(first.split(' ')[1]), headers, body, text: body.toString() };
}

function dechunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const line = bytes.indexOf('\r\n', at);
    const length = Number.parseInt(bytes.subarray(at, line).toString(), 16);
    if (length === 0) break;
    parts.push(bytes.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
  return Buffer.concat(parts);
}
