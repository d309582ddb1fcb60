/** What happens again and again, until the weather is calm. */
import type { Stream } from './prng.ts';

interface Clock {
  after(delayMs: number, happen: () => void): unknown;
}

export type Every = (meanMs: number, happen: () => void) => void;

/** @returns what makes something happen about every `meanMs`; 0 = never */
export function recurring(clock: Clock, network: { readonly calm: boolean }, random: Stream): Every {
  return (meanMs, happen) => {
    if (meanMs === 0) return;
    const again = (): void => {
      if (network.calm) return;
      happen();
      clock.after(random.around(meanMs), again);
    };
    clock.after(random.around(meanMs), again);
  };
}
