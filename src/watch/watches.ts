/** The watches of an agent's configuration: each follows its view over the agent's own API and hands on what changes. */
import { blockingQuery } from '../client/blocking-query.ts';
import { createClient } from '../client/index.ts';
import type { ClientOptions } from '../client/settings.ts';
import type { WatchDefinition } from './definition.ts';
import { handle } from './handlers.ts';

interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface WatchesOptions {
  readonly definitions: readonly WatchDefinition[];
  /** The way to the API. */
  readonly client: ClientOptions;
  readonly log: Log;
}

const minBackoffMs = 5_000;
const maxBackoffMs = 180_000;

/** Runs until it is stopped. */
export function startWatches({ definitions, client, log }: WatchesOptions): { stop(): void } {
  const stopped = new AbortController();
  for (const definition of definitions) void follow(definition, client, log, stopped.signal);
  return { stop: () => stopped.abort() };
}

async function follow(
  definition: WatchDefinition,
  settings: ClientOptions,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const { type, plan, handler, token, datacenter, stale } = definition;
  const client = createClient({ ...settings, ...(token !== '' && { token }), datacenter, stale });
  let last: string | undefined;
  try {
    for await (const now of blockingQuery(plan(client.http), { signal, minBackoffMs, maxBackoffMs })) {
      if (now.kind === 'stale')
        log.error('Watch errored', { type, error: now.error.message, retry: `${now.retryInMs}ms` });
      if (now.kind !== 'live') continue;
      const data = JSON.stringify(now.value, plainBigint);
      if (data === last) continue;
      last = data;
      const { output, failure } = await handle(handler, { index: now.meta.index, data }, signal);
      if (signal.aborted) return;
      if (output !== '') log.debug('watch handler output', { watch: type, output });
      if (failure !== null) log.error('Failed to run watch handler', { watch: type, error: failure });
    }
  } finally {
    client.close();
  }
}

/** Flags of keys may be larger than what a number holds exactly. */
const plainBigint = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value)) : value;
