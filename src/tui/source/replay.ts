/** A source that answers from a recording, at the time that its clock shows. Nothing in it can be changed. */

import { pause } from '../../lib/pause.ts';
import type { Clock } from '../../lib/runtime.ts';
import type { Recording } from './recording.ts';
import { type Failure, logLevels, type Query, queryName, type Source, SourceError, type Watch } from './source.ts';

const notRecorded: Failure = { kind: 'missing', message: 'not in the recording: nobody looked at it then' };

export function replaySource({ head, answers, logs }: Recording, clock: Clock): Source {
  async function* follow<T>(query: Query<T>, signal: AbortSignal): Watch<T> {
    const events = answers.get(queryName(query));
    if (events === undefined) {
      yield { kind: 'failed', failure: notRecorded, retryInMs: Number.POSITIVE_INFINITY };
      await untilAborted(signal);
      return;
    }
    const first = lastBefore(events, clock.nowMs());
    let value: { readonly json: unknown; parsed?: { readonly it: T } } | undefined;
    for (const [index, event] of events.entries()) {
      if ('v' in event) value = { json: event.v };
      // What was over before now is only looked through for its values.
      if (index < first) continue;
      if (event.t > clock.nowMs()) await pause(clock, event.t - clock.nowMs(), signal);
      if (signal.aborted) return;
      if ('f' in event) {
        yield { kind: 'failed', failure: event.f, retryInMs: 0 };
        continue;
      }
      if (value === undefined) continue;
      value.parsed ??= { it: query.parse(value.json) };
      yield { kind: 'value', value: value.parsed.it, index: event.i, knownLeader: event.l };
    }
    await untilAborted(signal);
  }

  return {
    address: `${head.address} (recording)`,
    follow,
    async read(query) {
      const events = answers.get(queryName(query)) ?? [];
      const last = events.slice(0, lastBefore(events, clock.nowMs()) + 1).findLast((event) => 'v' in event);
      if (last === undefined || !('v' in last)) throw new SourceError(notRecorded);
      return query.parse(last.v);
    },
    async *monitor(level, signal) {
      const wanted = logLevels.indexOf(level);
      for (const { t, log } of logs) {
        if (t > clock.nowMs()) await pause(clock, t - clock.nowMs(), signal);
        if (signal.aborted) return;
        if (levelOf(log) >= wanted) yield log;
      }
      await untilAborted(signal);
    },
    async write() {
      throw new SourceError({ kind: 'refused', message: 'a recording cannot be changed' });
    },
    async download() {
      throw new SourceError(notRecorded);
    },
  };
}

/** Index of the last event that is not after `nowMs`; 0 if all are. */
function lastBefore(events: readonly { readonly t: number }[], nowMs: number): number {
  const after = events.findIndex(({ t }) => t > nowMs);
  return Math.max(0, (after === -1 ? events.length : after) - 1);
}

/** A line without a level goes on with the one before: it is shown. */
function levelOf(line: string): number {
  const word = /\[(TRACE|DEBUG|INFO|WARN|ERR)/.exec(line)?.[1]?.toLowerCase();
  const index = (logLevels as readonly (string | undefined)[]).indexOf(word);
  return index === -1 ? logLevels.length : index;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
