/** A source over the API client: any Consul, with whatever rights the token has. */

import { statusError } from '../../client/errors.ts';
import { type Answer, ApiError, blockingQuery, type Client, type QueryOptions } from '../../client/index.ts';
import { messageOf } from '../../lib/message-of.ts';
import { linesOf } from './lines.ts';
import { parseSliced } from './sliced-json.ts';
import { type Failure, type Query, type Source, SourceError, type Watch } from './source.ts';

/** An agent that does not answer a plain read within this time is told to be out of reach. */
const readTimeoutMs = 8_000;
/** Longest wait of one blocking query: a broken line that nobody closed is noticed within this time. */
const watchWaitMs = 60_000;
const maxBackoffMs = 5_000;

export function clientSource(client: Client): Source {
  async function ask<T>(
    query: Query<T>,
    options: QueryOptions,
    last?: { readonly body: Buffer; readonly value: T },
  ): Promise<Answer<T> & { readonly body: Buffer }> {
    const { path, params, parse, absent = false, accept = [] } = query;
    const { body, status, meta } = await client.http.ask({
      method: 'GET',
      path,
      options,
      ...(params && { query: params }),
      accept: absent ? [...accept, 404] : accept,
    });
    // An agent without the endpoint answers 404 as well, with words.
    if (status === 404 && body.includes('Invalid URL path')) throw statusError(404, body.toString());
    if (last?.body.equals(body)) return { value: last.value, meta, body };
    return { value: parse(status === 404 || body.length === 0 ? null : await parseSliced(body)), meta, body };
  }

  /** Every mistake of the other side becomes a failure that names what is missing. */
  const failing = async <T>(right: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw new SourceError(failureOfClient(error, right), { cause: error });
    }
  };

  return {
    address: client.address,

    read: (query, signal) =>
      failing(query.right, async () => (await ask(query, { signal, timeoutMs: readTimeoutMs })).value),

    async *follow<T>(query: Query<T>, signal: AbortSignal): Watch<T> {
      const polled = query.pollMs !== undefined;
      // The very same bytes are the very same value: nothing behind it has anything to do then.
      let last: { body: Buffer; value: T } | undefined;
      const remembering = async (options: QueryOptions) => {
        const answer = await ask(query, options, last);
        last = answer;
        return answer;
      };
      const states = blockingQuery(
        // What is polled has no index worth waiting for; without a limit a silent agent would go unnoticed.
        async ({ index, ...options }) => {
          if (!polled && index !== undefined) return remembering({ ...options, index });
          const { value, meta } = await remembering({ ...options, timeoutMs: readTimeoutMs });
          return { value, meta: polled ? { ...meta, index: 0 } : meta };
        },
        { signal, waitMs: watchWaitMs, maxBackoffMs, ...(polled && { pollMs: query.pollMs }) },
      );
      for await (const state of states) {
        if (state.kind === 'live') {
          // Endpoints without an index say nothing about leaders either.
          const { index, knownLeader } = state.meta;
          yield { kind: 'value', value: state.value, index, knownLeader: knownLeader || index === 0 };
        } else if (state.kind === 'stale') {
          yield { kind: 'failed', failure: failureOfClient(state.error, query.right), retryInMs: state.retryInMs };
        }
      }
    },

    async *monitor(level, signal) {
      const stream = await failing('agent:read', () => client.agent.monitor({ logLevel: level, signal }));
      try {
        yield* linesOf(stream);
      } catch (error) {
        // The transport's own error: the line broke in the middle of the stream.
        const message = messageOf(error);
        throw new SourceError({ kind: 'unavailable', message }, { cause: error });
      }
    },

    write: ({ method, path, params, body }, signal) =>
      failing('', async () => {
        const answer = await client.http.ask({
          method,
          path,
          body,
          options: { signal, timeoutMs: readTimeoutMs },
          ...(params && { query: params }),
        });
        const text = answer.body.toString();
        try {
          return JSON.parse(text);
        } catch {
          return text;
        }
      }),

    download: (path, signal) =>
      failing('', async () => (await client.http.stream({ method: 'GET', path, options: { signal } })).body),
  };
}

/** Whatever an agent, or something in between that is none, answers: it is told and tried again, never fatal. */
function failureOfClient(error: unknown, right: string): Failure {
  if (!(error instanceof ApiError)) {
    return { kind: 'refused', message: `unexpected answer: ${error instanceof Error ? error.message : error}` };
  }
  const message = error.text;
  if (error.fault === 'network') return { kind: 'unavailable', message };
  // The token itself is the matter, not what it may do.
  if (error.status === 403 && message.includes('ACL not found')) {
    return { kind: 'denied', message: 'the servers do not know this token' };
  }
  if (error.status === 403) {
    return { kind: 'denied', message: right === '' || message.includes(right) ? message : `needs ${right}` };
  }
  // An agent that is too old, or too new, for this endpoint.
  return { kind: error.status === 404 || error.status === 405 ? 'missing' : 'refused', message };
}
