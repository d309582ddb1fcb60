/** Requests without a network: as much of Node's classes as handlers look at. */
import { EventEmitter } from 'node:events';
import { type IncomingMessage, ServerResponse } from 'node:http';
import { RpcError } from '../../src/agent/errors.ts';
import type { Api, Route } from '../../src/agent/http/api.ts';
import { ApiRequest } from '../../src/agent/http/api-request.ts';
import { QueryString } from '../../src/agent/http/query-string.ts';
import { respond } from '../../src/agent/http/respond.ts';
import { WaitingRequests } from '../../src/agent/http/waiting-requests.ts';

export interface FakeRequest {
  readonly method: string;
  readonly route: Route;
  /** What follows the route's path. */
  readonly rest: string;
  /** Undecoded. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * The status of the answer, with its headers checked as Node checks them; null when the query cannot be read. Throws what a
 * handler throws, unless it is an error that the API answers with a text.
 */
export async function request(
  api: Api,
  { method, route, rest, query, headers, body }: FakeRequest,
): Promise<number | null> {
  const parsed = QueryString.parse(query);
  if (parsed === null) return null;
  const raw = new FakeMessage(method, headers, body) as unknown as IncomingMessage;
  const res = new ServerResponse(raw);
  const target = { path: `${route.path}${rest}`, query };
  const asked = new ApiRequest(raw, res, target, parsed, route.path, false, new WaitingRequests(() => 0));
  try {
    const answering = route.handler(asked, api);
    if (answering instanceof Promise) (raw as unknown as FakeMessage).send();
    const answer = await answering;
    respond(raw, res, answer, ['Vary', 'Accept-Encoding']);
    return answer.status;
  } catch (error) {
    if (error instanceof RpcError) return error.status;
    throw new Error(`${method} ${target.path} failed with an error of its own`, { cause: error });
  }
}

class FakeMessage extends EventEmitter {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  readonly complete = true;
  readonly socket = { remoteAddress: '127.0.0.1', remotePort: 1 };
  readonly #body: Buffer;

  constructor(method: string, headers: Readonly<Record<string, string>>, body: Buffer) {
    super();
    this.method = method;
    this.#body = body;
    this.headers = { ...headers, 'content-length': String(body.length) };
  }

  resume(): this {
    return this;
  }

  /** To be called when somebody listens. */
  send(): void {
    if (this.#body.length > 0) this.emit('data', this.#body);
    this.emit('end');
    this.emit('close');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    yield this.#body;
  }
}
