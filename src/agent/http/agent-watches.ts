/** `/v1/agent/watches` (ours): the blocking queries that wait at this agent right now, and whose they are. */
import { setImmediate } from 'node:timers/promises';
import { escapePath } from '../../lib/go-url.ts';
import { tokenOf } from './acl-guard.ts';
import { type HttpAnswer, plainJson } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { from } from './from.ts';
import { loggableUrl } from './loggable-url.ts';
import type { WaitingRequest } from './waiting-requests.ts';

export const agentWatchRoutes: readonly Route[] = [{ path: '/v1/agent/watches', methods: ['GET'], handler: watches }];

/** More are counted, not listed. */
const maxListed = 256;
/** Looked at in one go: others get their turn. */
const slice = 4096;

const aboutServices = [
  '/v1/catalog/connect/',
  '/v1/catalog/service/',
  '/v1/health/checks/',
  '/v1/health/connect/',
  '/v1/health/ingress/',
  '/v1/health/service/',
];

/** `?service=` leaves those that wait for news of that service. The longest waiting come first. */
async function watches(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { query, waiting } = request;
  const service = query.get('service');
  const paths = service === '' ? undefined : new Set(aboutServices.map((path) => path + service));
  const listed: WaitingRequest[] = [];
  let total = 0;
  for (const [at, each] of [...waiting].entries()) {
    if (at % slice === slice - 1) await setImmediate();
    if (paths?.has(each.request.path) === false || !isWatch(each.request)) continue;
    if (++total <= maxListed) listed.push(each);
  }
  const accessors = new Map<string, Promise<string>>();
  const accessor = (token: string): Promise<string> => {
    const known = accessors.get(token) ?? accessorOf(token, api);
    accessors.set(token, known);
    return known;
  };
  const nowMs = api.agent.wallMs();
  const Watches = await Promise.all(
    listed.map(async (each) => ({
      ...described(each.request),
      AccessorID: await accessor(tokenOf(each.request, api)),
      Since: new Date(nowMs - waiting.age(each)).toISOString(),
    })),
  );
  return plainJson({ Total: total, Watches }, request.layout);
}

/** Logs and transfers wait too, but not for an index. */
function isWatch({ query }: ApiRequest): boolean {
  const index = query.get('index');
  return index !== '' && index !== '0';
}

const described = (asked: ApiRequest) => ({
  URL: loggableUrl(`${escapePath(asked.path)}?${asked.query.encode()}`),
  Client: from(asked.raw),
  UserAgent: asked.header('user-agent'),
});

/** '' without ACLs, for a token that is none any more, and while nobody can tell. */
async function accessorOf(token: string, api: Api): Promise<string> {
  if (api.acl === null) return '';
  try {
    return (await api.acl.authorizer(token)).accessor;
  } catch {
    return '';
  }
}
