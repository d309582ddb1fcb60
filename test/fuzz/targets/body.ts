/**
 * Request bodies: decoded into every struct that the API takes, written and read again; and sent through the handlers
 * of all routes, as far as a server would be asked.
 */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, RpcError } from '../../../src/agent/errors.ts';
import type { Api, Route } from '../../../src/agent/http/api.ts';
import { ApiRequest } from '../../../src/agent/http/api-request.ts';
import { QueryString } from '../../../src/agent/http/query-string.ts';
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
      const query = QueryString.parse(mutate(queries, queryWords, dice).toString('latin1'));
      if (query !== null) await handle(dice.pick(takingBodies), query, Buffer.from(input), dice);
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
const takingBodies = routes.filter(({ path, methods }) => methods.includes('PUT') && !path.startsWith('/v1/agent/'));

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
  },
  agent: { restoreSnapshot: () => Promise.reject(errors.noLeader()) },
  log: silentLogger,
} as unknown as Api;

async function handle(route: Route, query: QueryString, body: Buffer, dice: Dice): Promise<void> {
  const path = `${route.path}${route.path.endsWith('/') ? dice.pick(['', 'a', 'a/b', '\udcff', 'é😀']) : ''}`;
  const raw = new FakeMessage(body);
  const request = new ApiRequest(
    raw as unknown as IncomingMessage,
    new EventEmitter() as unknown as ServerResponse,
    { path, query: '' },
    query,
    route.path,
    false,
    new Set(),
  );
  try {
    const answer = route.handler(request, api);
    if (answer instanceof Promise) {
      raw.send();
      await answer;
    }
  } catch (error) {
    if (!(error instanceof RpcError))
      throw new Error(`${route.path} failed with an error of its own`, { cause: error });
  }
}

/** As much of a request as reading its body takes. */
class FakeMessage extends EventEmitter {
  readonly method = 'PUT';
  readonly headers: Record<string, string>;
  readonly #body: Buffer;

  constructor(body: Buffer) {
    super();
    this.#body = body;
    this.headers = { 'content-length': String(body.length) };
  }

  resume(): this {
    return this;
  }

  send(): void {
    if (this.#body.length > 0) this.emit('data', this.#body);
    this.emit('end');
    this.emit('close');
  }
}
