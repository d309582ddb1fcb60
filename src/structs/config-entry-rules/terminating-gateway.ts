/** Services outside the mesh, and how they are reached. */
import { goQuote } from '../../lib/go-format.ts';
import type { TerminatingGatewayConfigEntry } from '../config-entry.ts';
import { type EntryRules, firstFault } from './rules.ts';

export const terminatingRules: EntryRules<TerminatingGatewayConfigEntry> = {
  normalize: (entry) => entry,
  fault({ Services }) {
    const seen = new Set<string>();
    return firstFault(Services, ({ Name, CAFile, CertFile, KeyFile }) => {
      if (Name === '') return 'Service name cannot be blank.';
      if (seen.has(Name)) return `Service ${goQuote(Name)} was specified more than once within a namespace`;
      seen.add(Name);
      const hasKeyPair = CertFile !== '' || KeyFile !== '';
      if (hasKeyPair && (CertFile === '' || KeyFile === '' || CAFile === '')) {
        return `Service ${goQuote(Name)} must have a CertFile, CAFile, and KeyFile specified for TLS origination`;
      }
      return null;
    });
  },
};
