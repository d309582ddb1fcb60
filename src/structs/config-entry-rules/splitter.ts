/** How requests are spread over services and subsets. */
import { goQuote } from '../../lib/go-format.ts';
import type { ServiceSplitterConfigEntry } from '../discovery-chain.ts';
import type { EntryRules } from './rules.ts';

/** Weights are percentages in hundredths. */
const hundredths = (weight: number): number => Math.round(weight * 100);

export const splitterRules: EntryRules<ServiceSplitterConfigEntry> = {
  normalize: (entry) => ({
    ...entry,
    Splits: entry.Splits?.map((split) => ({ ...split, Weight: Math.fround(hundredths(split.Weight) / 100) })) ?? null,
  }),
  fault({ Name, Splits }) {
    const splits = Splits ?? [];
    if (splits.length === 0) return 'no splits configured';
    const seen = new Set<string>();
    for (const split of splits) {
      const destination = `service=${goQuote(split.Service || Name)}, subset=${goQuote(split.ServiceSubset)}, namespace=${goQuote(split.Namespace)}`;
      if (seen.has(destination)) return `split destination occurs more than once: ${destination}`;
      seen.add(destination);
    }
    const sum = splits.reduce((total, { Weight }) => total + hundredths(Weight), 0);
    return sum === 10_000 ? null : `the sum of all split weights must be 100, not ${(sum / 100).toFixed(6)}`;
  },
};
