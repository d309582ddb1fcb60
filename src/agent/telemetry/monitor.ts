/**
 * Live views of the log for `/v1/agent/monitor`: future lines only, at a level of their own, with a bounded buffer. A
 * reader that is too slow loses lines and is told how many.
 */
import type { LogLevel } from './api.ts';
import type { LogFormat } from './log-format.ts';
import type { LogFanOut, LogSink } from './logger.ts';

/** Lines a slow reader may be behind. */
const bufferLines = 4096;

export interface MonitorOptions {
  readonly level: LogLevel;
  readonly json: boolean;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
}

/**
 * Each item is one or more whole lines, as many as there are: join-free to write to a socket. Nothing is collected before
 * the call or after the iterator's return.
 */
export function monitorLog(fanOut: LogFanOut, options: MonitorOptions): AsyncIterableIterator<string> {
  const format: LogFormat = options.json ? 'json' : 'text';
  let pending: string[] = [];
  let lostCount = 0;
  let ended = false;
  let waiting: ((result: IteratorResult<string>) => void) | null = null;

  const take = (): string => {
    let text = pending.join('');
    pending = [];
    if (lostCount > 0) text += `[WARN] Dropped ${lostCount} logs during monitor request\n`;
    lostCount = 0;
    return text;
  };
  const wake = () => {
    const resolve = waiting;
    waiting = null;
    resolve?.(pending.length > 0 ? { value: take(), done: false } : { value: undefined, done: true });
  };
  const sink: LogSink = {
    level: options.level,
    format,
    write: (line) => {
      if (pending.length >= bufferLines) lostCount++;
      else pending.push(line);
      // One wake-up for all lines of this turn.
      if (pending.length === 1 && waiting !== null) queueMicrotask(() => pending.length > 0 && wake());
    },
  };
  const remove = fanOut.add(sink);
  const end = () => {
    if (ended) return;
    ended = true;
    remove();
    options.signal?.removeEventListener('abort', end);
    wake();
  };
  if (options.signal?.aborted) end();
  else options.signal?.addEventListener('abort', end);

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (pending.length > 0 || lostCount > 0) return Promise.resolve({ value: take(), done: false });
      if (ended) return Promise.resolve({ value: undefined, done: true });
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
    return() {
      pending = [];
      end();
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}
