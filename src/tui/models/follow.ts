/** The two ways a resource follows the datacenter: by a watch, or by asking again where nothing can be watched. */
import { pause } from '../../lib/pause.ts';
import type { Clock } from '../../lib/runtime.ts';
import type { Failure, Watch } from '../source/source.ts';
import { failureOf, type ResourceStore } from './resource.ts';

/** After a list of 50,000 entries a watch rests for five seconds: its answers must not keep the agent or us busy. */
const restPerItemMs = 1 / 10;
const longestRestMs = 5_000;
const shortestRestMs = 50;

/** Reads, rests for `intervalMs`, and reads again until aborted. `read` deals with its own failures. */
export async function poll(
  clock: Clock,
  intervalMs: number,
  read: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await read(signal);
    await pause(clock, intervalMs, signal);
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
      await pause(clock, Math.min(longestRestMs, Math.max(shortestRestMs, restMs)), signal);
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
