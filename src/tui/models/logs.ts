/** The agent's log as it is written: the last lines, at a level that can be changed, with a pause that loses nothing. */

import { pause } from '../../lib/pause.ts';
import type { Clock } from '../../lib/runtime.ts';
import { type LogLevel, logLevels, type Source } from '../source/source.ts';
import { failureOf, type Link } from './resource.ts';
import { createStore, type Readable } from './store.ts';

/** Lines that are kept; older ones are forgotten. */
export const keptLines = 5_000;
/** Lines that come within this time reach the screen together. */
const gatherMs = 100;
const longestBackoffMs = 5_000;
const silenceMs = 500;

export interface LogLine {
  /** Counts from 1; names the line as long as it is kept. */
  readonly id: number;
  readonly text: string;
  /** `INFO`; empty for what is not a line of the log, or goes on with the one before. */
  readonly level: string;
  /** `15:04:05.000` of the line's own time; empty where it has none. */
  readonly time: string;
  /** `agent.server.raft`; empty where it has none. */
  readonly name: string;
  readonly message: string;
}

export interface LogsSnapshot {
  readonly link: Link;
  readonly level: LogLevel;
  readonly paused: boolean;
  /** Oldest first; while paused what was there at the pause. */
  readonly lines: readonly LogLine[];
  /** Lines that came since the pause. */
  readonly waiting: number;
}

export interface LogsModel extends Readable<LogsSnapshot> {
  run(signal: AbortSignal): Promise<void>;
  /** One step towards trace (1) or errors (-1). The stream begins anew: the agent filters by level. */
  changeLevel(step: 1 | -1): void;
  togglePause(): void;
}

export function createLogsModel(source: Source, clock: Clock): LogsModel {
  let link: Link = { kind: 'connecting', sinceMs: clock.nowMs() };
  let level: LogLevel = 'info';
  let paused = false;
  let kept: readonly LogLine[] = [];
  let shown: readonly LogLine[] = kept;
  let gathered: LogLine[] = [];
  let nextId = 1;
  let stream = new AbortController();
  const store = createStore(assemble());

  function assemble(): LogsSnapshot {
    const last = shown.at(-1)?.id ?? 0;
    return { link, level, paused, lines: shown, waiting: paused ? (kept.at(-1)?.id ?? 0) - last : 0 };
  }

  function publish(): void {
    if (!paused) shown = kept;
    store.set(assemble());
  }

  function flush(): void {
    if (gathered.length === 0) return;
    kept = [...kept, ...gathered].slice(-keptLines);
    gathered = [];
    publish();
  }

  function gather(text: string): void {
    const first = gathered.length === 0;
    gathered.push(parseLogLine(nextId++, text));
    // A flood does not grow the buffer beyond what is kept anyway.
    if (gathered.length > keptLines) gathered = gathered.slice(-keptLines);
    if (first) clock.after(gatherMs, flush);
  }

  function setLive(): void {
    if (link.kind !== 'live') link = { kind: 'live', sinceMs: clock.nowMs() };
    publish();
  }

  function setFailure(failure: ReturnType<typeof failureOf>): void {
    const kind = failure.kind === 'denied' || failure.kind === 'missing' ? failure.kind : 'reconnecting';
    link = { kind, sinceMs: link.kind === kind ? link.sinceMs : clock.nowMs(), failure };
    publish();
  }

  /** One stream until it ends or fails. */
  async function readStream(signal: AbortSignal, onStanding: () => void): Promise<void> {
    const stands = () => {
      onStanding();
      setLive();
    };
    // The stream stands long before its first line comes: without an error in this time it is live.
    const silence = clock.after(silenceMs, stands);
    try {
      for await (const line of source.monitor(level, signal)) {
        if (link.kind !== 'live') stands();
        gather(line);
      }
    } finally {
      silence.cancel();
    }
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    async run(signal) {
      let failures = 0;
      while (!signal.aborted) {
        stream = new AbortController();
        const changed = stream.signal;
        try {
          await readStream(AbortSignal.any([signal, changed]), () => {
            failures = 0;
          });
          if (!changed.aborted) setFailure({ kind: 'unavailable', message: 'the agent closed the stream' });
        } catch (error) {
          if (!changed.aborted && !signal.aborted) setFailure(failureOf(error));
        }
        flush();
        if (changed.aborted) continue;
        failures++;
        await pause(clock, Math.min(longestBackoffMs, 250 * 2 ** failures), signal);
      }
    },
    changeLevel(step) {
      const next = logLevels[logLevels.indexOf(level) - step];
      if (next === undefined) return;
      level = next;
      link = { kind: 'connecting', sinceMs: clock.nowMs() };
      stream.abort();
      publish();
    },
    togglePause() {
      paused = !paused;
      publish();
    },
  };
}

const logLine = /^(\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d(?:\.\d{1,3})?)\S*)\s+\[(\w+)\]\s+(?:([\w.-]+): )?(.*)$/;

/** `2026-11-22T15:04:05.000Z [INFO]  agent.server: text`. Anything else is a message without the rest. */
export function parseLogLine(id: number, text: string): LogLine {
  const match = logLine.exec(text);
  if (match === null) return { id, text, level: '', time: '', name: '', message: text };
  const [, , time = '', level = '', name = '', message = ''] = match;
  return { id, text, level, time, name, message };
}
