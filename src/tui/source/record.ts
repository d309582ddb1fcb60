/** A source that writes down what passes through it. The agent's log, and a few lists, are written even if nobody looks. */

import { pause } from '../../lib/pause.ts';
import type { Clock } from '../../lib/runtime.ts';
import * as queries from './queries.ts';
import { type RecordedEvent, type RecordingHead, recordable } from './recording.ts';
import { type Query, queryName, type Source, SourceError, type Watch } from './source.ts';

export interface RecordingSource extends Source {
  /** Writes what nobody looks at, until aborted. */
  run(signal: AbortSignal): Promise<void>;
}

const logPauseMs = 2_000;

export function recordingSource(source: Source, clock: Clock, write: (line: string) => void): RecordingSource {
  const startMs = clock.nowMs();
  const head: RecordingHead = {
    format: 'tc-top-recording',
    version: 1,
    address: source.address,
    startedWallMs: clock.wallMs(),
  };
  write(JSON.stringify(head));
  const put = (event: RecordedEvent) =>
    write(JSON.stringify(event, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)));
  const t = () => Math.round(clock.nowMs() - startMs);

  async function* follow<T>(query: Query<T>, signal: AbortSignal): Watch<T> {
    const q = queryName(query);
    const both: Query<{ readonly json: unknown; readonly value: T }> = {
      ...query,
      parse: (json) => ({ json, value: query.parse(json) }),
    };
    let before: object | undefined;
    for await (const event of source.follow(both, signal)) {
      if (event.kind === 'failed') {
        put({ t: t(), q, f: event.failure });
        yield event;
        continue;
      }
      const { value, index, knownLeader } = event;
      const again = value === before;
      before = value;
      put({ t: t(), q, ...(!again && { v: recordable(query.path, value.json) }), i: index, l: knownLeader });
      yield { ...event, value: value.value };
    }
  }

  async function recordLog(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const log of source.monitor('debug', signal)) put({ t: t(), log });
      } catch (error) {
        // Without the right to read it, or without an agent, there is no log to keep.
        if (!(error instanceof SourceError)) throw error;
      }
      await pause(clock, logPauseMs, signal);
    }
  }

  async function recordUnseen<T>(query: Query<T>, signal: AbortSignal): Promise<void> {
    for await (const _event of follow(query, signal)) if (signal.aborted) return;
  }

  return {
    ...source,
    follow,
    async read(query, signal) {
      const parse = (json: unknown) => ({ json, value: query.parse(json) });
      const { json, value } = await source.read({ ...query, parse }, signal);
      put({ t: t(), q: queryName(query), v: recordable(query.path, json), i: 0, l: true });
      return value;
    },
    async run(signal) {
      await Promise.all([
        recordLog(signal),
        recordUnseen(queries.coordinates, signal),
        recordUnseen(queries.sessions, signal),
        recordUnseen(queries.nodes, signal),
      ]);
    },
  };
}
