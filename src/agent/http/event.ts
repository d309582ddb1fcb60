/** `/v1/event/`: user events, fired to everybody and heard of late. */
import { slice } from '../../structs/schema.ts';
import { BadRequest, errors, RpcError } from '../errors.ts';
import { indexOfEvent, UserEvent } from '../events/user-event.ts';
import { authorizerOf } from './acl-guard.ts';
import { type HttpAnswer, json } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { readOptions, writeOptions } from './query-options.ts';

export const eventRoutes: readonly Route[] = [
  { path: '/v1/event/fire/', methods: ['PUT'], handler: fire },
  { path: '/v1/event/list', methods: ['GET'], handler: list },
];

async function fire(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { query, rest } = request;
  const options = writeOptions(request, api);
  if (rest === '') throw new BadRequest('Missing name');
  const body = await request.readBody();
  const event = {
    Name: rest,
    Payload: body.length === 0 ? null : body,
    NodeFilter: query.get('node'),
    ServiceFilter: query.get('service'),
    TagFilter: query.get('tag'),
  };
  try {
    return json(UserEvent, await api.events.fire(event, options), request.layout);
  } catch (error) {
    // A token that is none has a status of its own here, as in Consul 1.10.
    if (error instanceof RpcError && error.message.includes(errors.aclNotFound().message)) {
      throw new RpcError(error.message, 500, { cause: error });
    }
    throw error;
  }
}

/** Events have no index of their own: the last one's id stands for it, and whoever knows another one is answered at once. */
async function list(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { MinQueryIndex = 0, MaxQueryTime = 0 } = readOptions(request, api);
  const known = MinQueryIndex === 0 ? 0n : BigInt(request.query.get('index'));
  const { maxQueryTimeMs } = api.config;
  const timeoutMs = MaxQueryTime > 0 ? Math.min(MaxQueryTime / 1e6, maxQueryTimeMs) : maxQueryTimeMs;
  const deadline = timeoutSignal(timeoutMs, request.signal);
  const name = request.query.get('name');
  const authorizer = await authorizerOf(request, api);
  for (;;) {
    const all = api.events.recent.filter((event) => authorizer.allows('event', 'read', event.Name));
    const events = name === '' ? all : all.filter((event) => event.Name === name);
    const last = events.at(-1);
    // Never 0, or clients that find nothing would ask again at once.
    const index = last === undefined ? 1n : indexOfEvent(last.ID);
    if (index !== known || deadline.aborted || !(await nextEvent(api, deadline))) {
      const answer = json(slice(UserEvent), [...events], request.layout);
      return { ...answer, headers: [...answer.headers, 'X-Consul-Index', String(index)] };
    }
  }
}

const timeoutSignal = (ms: number, signal: AbortSignal): AbortSignal =>
  AbortSignal.any([AbortSignal.timeout(ms), signal]);

/** False when the signal came first. */
function nextEvent(api: Api, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const onAbort = (): void => {
      cancel();
      resolve(false);
    };
    const cancel = api.events.onNext(() => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
