/** The recorder's buttons: what the keys of a replay do, and the time that the header shows. */
import { pause } from '../../lib/pause.ts';
import type { Clock } from '../../lib/runtime.ts';
import { timeOfDay } from '../format.ts';
import { createStore, type Readable } from '../models/store.ts';
import type { Recording } from './recording.ts';
import type { ReplayClock } from './replay-clock.ts';

export interface ReplayControl extends Readable<{ readonly label: string }> {
  readonly clock: ReplayClock;
  togglePause(): void;
  changeSpeed(factor: number): void;
  skip(ms: number): void;
  /** Keeps the time that is shown moving, until aborted. */
  run(signal: AbortSignal): void;
}

const labelMs = 500;

export function createReplayControl({ lengthMs }: Recording, clock: ReplayClock, real: Clock): ReplayControl {
  const store = createStore({ label: label() });

  function label(): string {
    const { paused, speed } = clock;
    const over = clock.nowMs() >= lengthMs;
    const sign = over ? '■' : paused ? '‖' : '▸';
    const word = over ? ' end' : speed === 1 || paused ? '' : ` ${speed > 1 ? speed : `1/${1 / speed}`}×`;
    return `${sign} ${timeOfDay(clock.wallMs())}${word}`;
  }

  function publish(): void {
    if (store.get().label !== label()) store.set({ label: label() });
  }

  const then = (act: () => void) => {
    act();
    publish();
  };
  return {
    clock,
    get: store.get,
    subscribe: store.subscribe,
    togglePause: () => then(clock.togglePause),
    changeSpeed: (factor) => then(() => clock.changeSpeed(factor)),
    skip: (ms) => void clock.advance(ms).then(publish),
    run(signal) {
      const keepLabel = async () => {
        while (!signal.aborted) {
          publish();
          await pause(real, labelMs, signal);
        }
      };
      void keepLabel();
    },
  };
}
