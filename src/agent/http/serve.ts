/** One request from the table's route to the bytes on the wire, the same for every endpoint. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatDurationMs } from '../../lib/duration.ts';
import { messageOf } from '../../lib/message-of.ts';
import { RpcError } from '../errors.ts';
import type { RequestTimer } from '../telemetry/http-metrics.ts';
import type { Access } from './access.ts';
import { guarded } from './acl-guard.ts';
import { empty, failure, type HttpAnswer, text } from './answer.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { Api, Handler, Route } from './api.ts';
import { ApiRequest } from './api-request.ts';
import { from } from './from.ts';
import { loggableUrl } from './loggable-url.ts';
import { QueryString } from './query-string.ts';
import { respond } from './respond.ts';
import type { Target } from './target.ts';
import type { WaitingRequests } from './waiting-requests.ts';

export interface Serving {
  readonly api: Api;
  readonly access: Access;
  /** Headers of every answer of an endpoint, names and values in turn. */
  readonly endpointHeaders: readonly string[];
  /** Those of every answer at all. */
  readonly commonHeaders: readonly string[];
  readonly cache: AnswerCache;
  /** Aborted when the API stops. */
  readonly waiting: WaitingRequests;
  readonly requestTimer: (method: string, path: string) => RequestTimer;
  readonly nowMs: () => number;
}

/** A route with what is made once for it. */
export class Endpoint {
  readonly route: Route;
  readonly #serving: Serving;
  readonly #headers: readonly string[];
  readonly #allow: string;
  readonly #handler: Handler;
  readonly #timers = new Map<string, RequestTimer>();

  constructor(route: Route, serving: Serving) {
    this.route = route;
    this.#handler = guarded(route.path, route.handler);
    this.#serving = serving;
    this.#headers = route.outsideApi === true ? serving.commonHeaders : serving.endpointHeaders;
    this.#allow = ['OPTIONS', ...route.methods].join(',');
  }

  /** `url` is the target as it was sent: the name under which a repeatable answer is kept. */
  serve(raw: IncomingMessage, res: ServerResponse, target: Target, url: string): void {
    const { api, nowMs, waiting } = this.#serving;
    const startMs = nowMs();
    const method = raw.method!;
    const query = QueryString.parse(target.query);
    if (query === null) {
      api.log.error('Failed to decode query', { from: from(raw), error: `invalid URL escape` });
      this.#finish(raw, res, empty(500), startMs, url);
      return;
    }
    const refusal = this.#refusal(raw, method, target.path);
    if (refusal !== null) {
      this.#finish(raw, res, refusal, startMs, url);
      return;
    }
    const request = new ApiRequest(raw, res, target, query, this.route.path, api.config.devMode, waiting);
    try {
      const answer = this.#handler(request, api);
      if (!(answer instanceof Promise)) {
        this.#finish(raw, res, answer, startMs, url);
        return;
      }
      answer.then(
        (settled) => this.#finish(raw, res, settled, startMs, url),
        (error: unknown) => this.#fail(raw, res, error, startMs, url),
      );
    } catch (error) {
      this.#fail(raw, res, error, startMs, url);
    }
  }

  #refusal(raw: IncomingMessage, method: string, path: string): HttpAnswer | null {
    const { access } = this.#serving;
    if (access.isBlocked(path)) return text(403, 'Endpoint is blocked by agent configuration');
    if (this.route.ownMethods === true)
      return access.mayUse(method, raw.socket) ? null : text(403, 'Access is restricted');
    if (method === 'OPTIONS') return { status: 200, headers: ['Allow', this.#allow], body: null };
    if (!this.route.methods.includes(method)) {
      return text(405, `method ${method} not allowed`, ['Allow', this.#allow]);
    }
    if (!access.mayUse(method, raw.socket)) return text(403, 'Access is restricted');
    return null;
  }

  #fail(raw: IncomingMessage, res: ServerResponse, error: unknown, startMs: number, url: string): void {
    if (res.destroyed) return;
    const { log } = this.#serving.api;
    const isKnown = error instanceof RpcError;
    const message = messageOf(error);
    log.error('Request error', { method: raw.method, url: loggableUrl(url), from: from(raw), error: message });
    if (!isKnown && error instanceof Error && error.stack !== undefined) log.debug(error.stack);
    this.#finish(raw, res, isKnown ? failure(error) : text(500, message), startMs, url);
  }

  #finish(raw: IncomingMessage, res: ServerResponse, answer: HttpAnswer, startMs: number, url: string): void {
    respond(raw, res, answer, this.#headers);
    if (answer.isCurrent !== undefined) this.#serving.cache.keep(raw, url, answer, this.#headers, this);
    this.record(raw, startMs, url);
  }

  /** Counts a finished request. */
  record(raw: IncomingMessage, startMs: number, url: string): void {
    const { api, nowMs, requestTimer } = this.#serving;
    const elapsedMs = nowMs() - startMs;
    const method = raw.method!;
    let timer = this.#timers.get(method);
    if (timer === undefined) {
      timer = requestTimer(method, this.route.path);
      this.#timers.set(method, timer);
    }
    timer(elapsedMs);
    if (api.log.enabled('debug')) {
      const latency = formatDurationMs(elapsedMs);
      api.log.debug('Request finished', { method, url: loggableUrl(url), from: from(raw), latency });
    }
  }
}
