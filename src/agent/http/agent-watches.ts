/** `/v1/agent/watches` (ours): the blocking queries that wait at this agent right now, and whose they are. */
import { escapePath } from '../../lib/go-url.ts';
import { RpcError } from '../errors.ts';
import { tokenOf } from './acl-guard.ts';
import { type HttpAnswer, plainJson } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { from } from './from.ts';
import { loggableUrl } from './loggable-url.ts';

export const agentWatchRoutes: readonly Route[] = [{ path: '/v1/agent/watches', methods: ['GET'], handler: watches }];

/** More are counted, not listed. */
const maxListed = 256;

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
  const listed: Promise<unknown>[] = [];
  const accessors = new Map<string, Promise<string>>();
  let total = 0;
  for (const each of waiting) {
    const asked = each.request;
    if (!isWatch(asked) || paths?.has(asked.path) === false) continue;
    if (++total > maxListed) continue;
    const token = tokenOf(asked, api);
    let accessor = accessors.get(token);
    if (accessor === undefined) {
      accessor = accessorOf(token, api);
      accessors.set(token, accessor);
    }
    listed.push(described(asked, api.agent.wallMs() - waiting.age(each), accessor));
  }
  return plainJson({ Total: total, Watches: await Promise.all(listed) }, request.layout);
}

/** Logs and transfers wait too, but not for an index. */
const isWatch = ({ query }: ApiRequest): boolean => !['', '0'].includes(query.get('index'));

async function described(asked: ApiRequest, sinceWallMs: number, accessor: Promise<string>): Promise<unknown> {
  return {
    URL: loggableUrl(`${escapePath(asked.path)}?${asked.query.encode()}`),
    Client: from(asked.raw),
    UserAgent: asked.header('user-agent'),
    AccessorID: await accessor,
    Since: new Date(sinceWallMs).toISOString(),
  };
}

/** '' without ACLs, and for a token that is none any more. */
async function accessorOf(token: string, api: Api): Promise<string> {
  if (api.acl === null) return '';
  try {
    return (await api.acl.authorizer(token)).accessor;
  } catch (error) {
    if (error instanceof RpcError) return '';
    throw error;
  }
}
