/** What happens again and again, until the weather is calm. */
import type { Stream } from './prng.ts';
import type { World } from './world.ts';

export type Every = (meanMs: number, happen: () => void) => void;

/** @returns what makes something happen about every `meanMs`; 0 = never */
export function recurring(world: World, network: { readonly calm: boolean }, random: Stream): Every {
  return (meanMs, happen) => {
    if (meanMs === 0) return;
    const again = (): void => {
      if (network.calm) return;
      happen();
      world.after(random.around(meanMs), again);
    };
    world.after(random.around(meanMs), again);
  };
}
