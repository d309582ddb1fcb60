/** Whole requests against a whole server: every route with changed queries, names and bodies, several in a row. */
import { AgentCache } from '../../../src/agent/cache/agent-cache.ts';
import { LeafCerts } from '../../../src/agent/connect/leaf-certs.ts';
import { UserEvents } from '../../../src/agent/events/user-events.ts';
import type { Api, Route } from '../../../src/agent/http/api.ts';
import { routes } from '../../../src/agent/http/routes.ts';
import { silentLogger } from '../../../src/agent/telemetry/logger.ts';
import { nodeRuntime } from '../../../src/lib/runtime-node.ts';
import { bodiesByPath, jsonWords, queryCorpus, queryWords, restCorpus } from '../corpus.ts';
import type { Dice } from '../dice.ts';
import { devConfig, EagerClock, instantServer, nodeId } from '../instant-server.ts';
import { mutate } from '../mutate.ts';
import { mutateValue, type Pool, poolOf } from '../mutate-value.ts';
import { type FakeRequest, request } from '../requests.ts';
import type { Target } from '../target.ts';

/** What the agent itself does is not the server's: those routes would stop, join, stream and wait in real time. */
const ofTheAgent = ['/v1/agent/', '/v1/snapshot', '/v1/event/list', '/debug/'];
const asked = routes.filter(({ path }) => !ofTheAgent.some((start) => path.startsWith(start)));

/** In their order they fill a catalog. */
const openings: readonly FakeRequest[] = (
  [
    ['/v1/catalog/register', 0],
    ['/v1/catalog/register', 1],
    ['/v1/session/create', 2],
    ['/v1/txn', 0],
  ] as const
).map(([path, at]) => ({
  method: 'PUT',
  route: asked.find((route) => route.path === path)!,
  rest: '',
  query: '',
  headers: {},
  body: Buffer.from(JSON.stringify(bodiesByPath[path]![at])),
}));

export function apiTarget(): Target {
  const config = devConfig();
  const queries = queryCorpus.map((text) => Buffer.from(text));
  const pool = poolOf([...Object.values(bodiesByPath).flat(), restCorpus]);
  return {
    corpus: Object.values(bodiesByPath).flatMap((bodies) => bodies.map((body) => Buffer.from(JSON.stringify(body)))),
    words: jsonWords,
    async run(input, dice) {
      const clock = new EagerClock();
      const server = await instantServer(config, clock, dice);
      const random = { ...nodeRuntime.random, uuid: () => nodeId };
      const events = new UserEvents({
        nodeName: 'n1',
        services: () => [],
        rpc: server,
        random,
        logger: silentLogger,
        remoteExec: null,
      });
      const cache = new AgentCache({
        rpc: server,
        clock,
        logger: silentLogger,
        fetchLimit: () => ({ perSecond: Infinity, burst: 2 }),
      });
      const leaves = new LeafCerts({ rpc: server, cache, clock, random, logger: silentLogger });
      const agent = { nodeId, version: '1.10.7' };
      const api = {
        rpc: server,
        config,
        agent,
        cache,
        leaves,
        events,
        acl: null,
        tokens: { user: '' },
        log: silentLogger,
      } as unknown as Api;
      // Mostly there is something in the catalog.
      for (const opening of openings.slice(0, dice.int(openings.length + 1))) {
        await settled(request(api, opening), clock);
      }
      for (let count = 1 + dice.int(5); count > 0; count--) {
        const route = dice.pick(asked);
        const body = dice.oneIn(4) ? Buffer.from(input) : bodyFor(route, pool, dice);
        await settled(request(api, requestFor(route, body, queries, dice)), clock);
      }
      leaves.stop();
      cache.stop();
      await server.stop();
    },
  };
}

function requestFor(route: Route, body: Buffer, queries: readonly Buffer[], dice: Dice): FakeRequest {
  return {
    method: dice.pick(route.methods),
    route,
    rest: route.path.endsWith('/') ? dice.pick(restCorpus) : '',
    query: dice.oneIn(2) ? '' : mutate(queries, queryWords, dice).toString('latin1'),
    headers: dice.oneIn(4) ? { 'cache-control': 'max-age=5', 'accept-encoding': 'gzip' } : {},
    body,
  };
}

/** A body that the route knows, with other values in it. */
function bodyFor({ path }: Route, pool: Pool, dice: Dice): Buffer {
  const known = bodiesByPath[path];
  if (known === undefined) return Buffer.from(dice.pick(pool.texts));
  const body = dice.pick(known);
  return Buffer.from(JSON.stringify(dice.oneIn(3) ? body : mutateValue(body, pool, dice)));
}

/** Lets time pass until there is an answer. */
async function settled(answer: Promise<unknown>, clock: EagerClock): Promise<void> {
  let done = false;
  const mark = () => {
    done = true;
  };
  answer.then(mark, mark);
  for (let turn = 0; !done; turn++) {
    for (let ticks = 0; ticks < 20 && !done; ticks++) await null;
    if (!done) await new Promise((resolve) => setImmediate(resolve));
    if (!done && turn > 2) clock.step();
    if (turn > 5_000) throw new Error('no answer, whatever time passes');
  }
  await answer;
}
