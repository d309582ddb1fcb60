/** `/debug/pprof/`: profiles of the running agent, in the formats of V8, which browsers' developer tools open. */
import { errors, RpcError } from '../errors.ts';
import { authorizerOf, demand } from './acl-guard.ts';
import { empty, type HttpAnswer, plainText } from './answer.ts';
import type { Api, Handler, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { type Profile, type ProfileKind, takeProfile } from './profile.ts';
import { Rendered } from './rendered.ts';

const pages: Readonly<Record<string, (request: ApiRequest) => HttpAnswer | Promise<HttpAnswer>>> = {
  '/debug/pprof/': index,
  '/debug/pprof/cmdline': commandLine,
  '/debug/pprof/heap': (request) => profile('heap', request),
  '/debug/pprof/profile': (request) => profile('cpu', request),
};

export const debugRoutes: readonly Route[] = Object.entries(pages).map(([path, page]) => ({
  path,
  methods: ['GET'],
  outsideApi: true,
  handler: guardedPage(path, page),
}));

/** For who may see the operator's things; without ACLs, for everybody, if the configuration says so. */
function guardedPage(path: string, page: (typeof pages)[string]): Handler {
  return async (request, api: Api) => {
    if (api.acl === null && !api.config.enableDebug) return empty(404);
    // The index takes every path below it that is none of the others.
    if (request.path !== path) return empty(404);
    try {
      demand(api, await authorizerOf(request, api), 'operator', 'read');
    } catch (error) {
      if (!(error instanceof RpcError) || error.status !== 403) throw error;
      return { status: 403, headers: ['Vary', 'Accept-Encoding'], body: null };
    }
    return page(request);
  };
}

const noSniff = ['X-Content-Type-Options', 'nosniff', 'Vary', 'Accept-Encoding'] as const;

function index(): HttpAnswer {
  const names = Object.keys(pages).slice(1);
  const links = names.map((path) => `<li><a href="${path}">${path}</a></li>`).join('\n');
  const body = `<!doctype html>\n<title>Profiles</title>\n<ul>\n${links}\n</ul>\n`;
  const headers = ['Content-Type', 'text/html; charset=utf-8', ...noSniff];
  return { status: 200, headers, body: Rendered.text(body) };
}

/** Arguments end with a NUL each, as in /proc; those that hold secrets are hidden. */
function commandLine(): HttpAnswer {
  const shown = process.argv.map((arg, at, all) =>
    secretFlag.test(all[at - 1] ?? '') ? 'hidden' : arg.replace(/^(--?encrypt=).*/s, '$1hidden'),
  );
  return { status: 200, headers: [...plainText, ...noSniff], body: Rendered.text(shown.join('\0')) };
}
const secretFlag = /^--?encrypt$/;

const defaultSeconds: Readonly<Record<ProfileKind, number>> = { cpu: 30, heap: 1 };
const maxSeconds = 300;

async function profile(kind: ProfileKind, request: ApiRequest): Promise<HttpAnswer> {
  const given = Number(request.query.get('seconds') || defaultSeconds[kind]);
  const seconds = given > 0 ? Math.min(given, maxSeconds) : defaultSeconds[kind];
  let taken: Profile;
  try {
    taken = await takeProfile(kind, seconds * 1000, request.signal);
  } catch (error) {
    if (request.signal.aborted) throw errors.shuttingDown();
    throw new RpcError(`Could not take a profile: ${(error as Error).message}`, 500, { cause: error });
  }
  const disposition = `attachment; filename="${taken.fileName}"`;
  const headers = ['Content-Type', 'application/json', 'Content-Disposition', disposition, ...noSniff];
  return { status: 200, headers, body: Rendered.text(taken.json) };
}
