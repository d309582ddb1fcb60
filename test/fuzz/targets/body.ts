/**
 * Request bodies: decoded into every struct that the API takes, written and read again; and sent through the handlers
 * of all routes, as far as a server would be asked.
 */
import { errors } from '../../../src/agent/errors.ts';
import type { Api, Route } from '../../../src/agent/http/api.ts';
import { routes } from '../../../src/agent/http/routes.ts';
import { silentLogger } from '../../../src/agent/telemetry/logger.ts';
import { JsonError } from '../../../src/lib/go-json/index.ts';
import { DeregisterRequest, RegisterRequest } from '../../../src/structs/catalog.ts';
import { renderText } from '../../../src/structs/json.ts';
import { decodeJson } from '../../../src/structs/json-decode.ts';
import type { Schema } from '../../../src/structs/schema.ts';
import { Session } from '../../../src/structs/session.ts';
import { TxnOpsBody } from '../../../src/structs/txn-ops.ts';
import { jsonCorpus, jsonWords, queryCorpus, queryWords } from '../corpus.ts';
import type { Dice } from '../dice.ts';
import { mutate } from '../mutate.ts';
import { request } from '../requests.ts';
import { holds, type Target, unlessRefused } from '../target.ts';

/** Those whose JSON is the same both ways. */
const schemas = [RegisterRequest, DeregisterRequest, Session] as readonly Schema<unknown>[];

export function bodyTarget(): Target {
  const queries = queryCorpus.map((text) => Buffer.from(text));
  return {
    corpus: jsonCorpus.map((text) => Buffer.from(text)),
    words: [
      ...jsonWords,
      '"Node":',
      '"Service":',
      '"Check":',
      '"KV":',
      '"Verb":',
      '"TTL":',
      '"15s"',
      '"LockDelay":',
      '[{',
    ],
    async run(input, dice) {
      unlessRefused(() => decodeJson(TxnOpsBody, input), JsonError);
      readsBack(dice.pick(schemas), input);
      const query = mutate(queries, queryWords, dice).toString('latin1');
      await handle(dice.pick(takingBodies), query, Buffer.from(input), dice);
    },
  };
}

function readsBack(schema: Schema<unknown>, input: Uint8Array): void {
  const value = unlessRefused(() => decodeJson(schema, input, { unknownFields: 'ignore' }), JsonError);
  if (value === undefined) return;
  const text = renderText(schema, value, 'compact');
  const again = renderText(schema, decodeJson(schema, text), 'compact');
  holds(again === text, 'what was rendered reads back as itself');
}

/** Handlers that would act on this process or its streams are not for a fuzzer. */
const takingBodies = routes.filter(
  ({ path, methods }) => methods.includes('PUT') && !path.startsWith('/v1/agent/') && path !== '/v1/snapshot',
);

/** A server that is never there: handlers run up to the point where they would ask it. */
const api = {
  rpc: {
    call: () => {
      throw errors.noLeader();
    },
  },
  config: {
    datacenter: 'dc1',
    nodeName: 'n1',
    http: { useCache: true },
    discoveryMaxStaleMs: 0,
    limits: { kvMaxValueSize: 512, txnMaxReqLen: 512 },
    acl: { enabled: true },
  },
  events: { fire: () => Promise.reject(errors.noLeader()) },
  agent: { snapshots: { restore: () => Promise.reject(errors.noLeader()) } },
  cache: { get: () => Promise.reject(errors.noLeader()) },
  acl: null,
  tokens: { user: '' },
  log: silentLogger,
} as unknown as Api;

/** Names with everything that a path can carry. */
const rests = ['', 'a', 'a/b', '\udcff', 'é😀'];

async function handle(route: Route, query: string, body: Buffer, dice: Dice): Promise<void> {
  const rest = route.path.endsWith('/') ? dice.pick(rests) : '';
  await request(api, { method: 'PUT', route, rest, query, headers: {}, body });
}
