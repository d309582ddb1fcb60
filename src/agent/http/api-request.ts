/** One request, with everything about it that handlers ask for, computed when they do. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Layout } from '../../structs/json.ts';
import { RpcError } from '../errors.ts';
import { collectBody } from './body.ts';
import type { QueryString } from './query-string.ts';
import type { Target } from './target.ts';
import type { WaitingRequest, WaitingRequests } from './waiting-requests.ts';

/** Of bodies that have no option of their own; the original has none, and takes what fits into its memory. */
const ordinaryLimitBytes = 64 << 20;

export class ApiRequest {
  readonly raw: IncomingMessage;
  readonly path: string;
  /** What follows the route's path: the key of `/v1/kv/<key>`. */
  readonly rest: string;
  readonly query: QueryString;
  readonly layout: Layout;
  readonly #res: ServerResponse;
  /** All that wait at this agent. */
  readonly waiting: WaitingRequests;
  #wait: WaitingRequest | undefined;

  constructor(
    raw: IncomingMessage,
    res: ServerResponse,
    target: Target,
    query: QueryString,
    routePath: string,
    devMode: boolean,
    waiting: WaitingRequests,
  ) {
    this.raw = raw;
    this.#res = res;
    this.waiting = waiting;
    this.path = target.path;
    this.rest = target.path.slice(routePath.length);
    this.query = query;
    this.layout = devMode || query.has('pretty') ? 'indented' : 'compact';
  }

  get method(): string {
    return this.raw.method!;
  }

  header(name: string): string {
    const value = this.raw.headers[name];
    return value === undefined ? '' : typeof value === 'string' ? value : value.join(', ');
  }

  /** Query parameter, header, bearer token: the first that is there. */
  get token(): string {
    const fromQuery = this.query.get('token');
    if (fromQuery !== '') return fromQuery;
    const headers = this.raw.headers;
    const own = headers['x-consul-token'];
    if (typeof own === 'string' && own !== '') return own;
    if (headers.authorization === undefined) return '';
    const [, bearer = ''] = /^Bearer\s+(\S+)/i.exec(headers.authorization) ?? [];
    return bearer;
  }

  /** Aborts when the client goes away or the API stops. Ask for it only where something waits. */
  get signal(): AbortSignal {
    if (this.#wait === undefined) {
      const wait = this.waiting.add(this);
      this.#wait = wait;
      this.#res.once('close', () => {
        this.waiting.delete(wait);
        if (!this.#res.writableFinished) wait.abort.abort();
      });
    }
    return this.#wait.abort.signal;
  }

  /** Whether somebody asked for the signal. */
  get waits(): boolean {
    return this.#wait !== undefined;
  }

  /** The whole body. More than `limitBytes` is refused with 413 and a word about the option `limitName`, if there is one. */
  readBody(limitBytes = ordinaryLimitBytes, limitName = ''): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      collectBody(this.raw, limitBytes, (body, sizeBytes) => {
        if (body !== null) resolve(body);
        else if (sizeBytes > limitBytes) reject(bodyTooLarge(sizeBytes, limitBytes, limitName));
        else reject(new RpcError('unexpected EOF', 400));
      });
    });
  }
}

export const bodyTooLarge = (sizeBytes: number, limitBytes: number, limitName: string): RpcError => {
  const option = limitName === '' ? '' : ` See https://www.consul.io/docs/agent/options.html#${limitName}.`;
  return new RpcError(`Request body(${sizeBytes} bytes) too large, max size: ${limitBytes} bytes.${option}`, 413);
};
