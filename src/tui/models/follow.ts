/** The two ways a resource follows the datacenter: by a watch, or by asking again where nothing can be watched. */
import type { Clock } from '../../lib/runtime.ts';
import { failureOf, type ResourceStore } from './resource.ts';
import type { Failure, Watch } from './source.ts';

const longestBackoffMs = 10_000;
/** After a list of 100,000 keys a watch rests for five seconds: its answers must not keep the agent or us busy. */
const restPerItemMs = 1 / 20;
const longestRestMs = 5_000;
const shortestRestMs = 50;

/** Resolves after `delayMs`, or at once when aborted. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal.addEventListener('abort', done);
  });
}

export interface PollOptions<T> {
  readonly read: (signal: AbortSignal) => Promise<T>;
  readonly intervalMs: number;
  readonly onValue: (value: T) => void;
  readonly onFailure: (failure: Failure) => void;
}

/** Asks every `intervalMs`; slower, up to ten seconds, while it fails. Returns when aborted. */
export async function poll<T>(clock: Clock, options: PollOptions<T>, signal: AbortSignal): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      const value = await options.read(signal);
      if (signal.aborted) return;
      failures = 0;
      options.onValue(value);
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      options.onFailure(failureOf(error));
    }
    const backoffMs = failures === 0 ? options.intervalMs : Math.min(longestBackoffMs, 500 * 2 ** (failures - 1));
    await sleep(clock, Math.max(backoffMs, options.intervalMs), signal);
  }
}

/** Hands on what a watch reports until aborted, resting after each value in proportion to its size. */
export async function follow<T>(
  clock: Clock,
  watch: Watch<T>,
  onValue: (value: T, knownLeader: boolean) => void,
  onFailure: (failure: Failure) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const event of watch) {
      if (signal.aborted) return;
      if (event.kind === 'failed') {
        onFailure(event.failure);
        continue;
      }
      onValue(event.value, event.knownLeader);
      const restMs = Array.isArray(event.value) ? event.value.length * restPerItemMs : 0;
      await sleep(clock, Math.min(longestRestMs, Math.max(shortestRestMs, restMs)), signal);
    }
  } catch (error) {
    if (!signal.aborted) onFailure(failureOf(error));
  }
}

/** `follow` into a resource. */
export function followInto<T>(
  clock: Clock,
  watch: Watch<T>,
  resource: ResourceStore<T>,
  signal: AbortSignal,
): Promise<void> {
  return follow(clock, watch, resource.value, resource.failed, signal);
}
