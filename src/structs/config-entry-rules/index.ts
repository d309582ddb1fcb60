/** What config entries may say, by kind: each is brought into its normal form and then looked over. Texts are Consul's. */
import type { ConfigEntryKind } from '../config-entry.ts';
import { ingressRules } from './ingress-gateway.ts';
import { intentionsRules } from './intentions.ts';
import { resolverRules } from './resolver.ts';
import { routerRules } from './router.ts';
import type { EntryRules, Named } from './rules.ts';
import { proxyDefaultsRules, serviceDefaultsRules } from './service-defaults.ts';
import { splitterRules } from './splitter.ts';
import { terminatingRules } from './terminating-gateway.ts';

const meshRules: EntryRules<Named> = { normalize: (entry) => entry, fault: () => null };

const rules: { readonly [Kind in ConfigEntryKind]: unknown } = {
  'service-defaults': serviceDefaultsRules,
  'proxy-defaults': proxyDefaultsRules,
  'service-router': routerRules,
  'service-splitter': splitterRules,
  'service-resolver': resolverRules,
  'ingress-gateway': ingressRules,
  'terminating-gateway': terminatingRules,
  'service-intentions': intentionsRules,
  mesh: meshRules,
};

/** The entry in its normal form, and what is wrong with it (null: nothing). `kind` is one of those there are. */
export function lookOverEntry<T extends Named>(kind: ConfigEntryKind, entry: T): { entry: T; fault: string | null } {
  const { normalize, fault } = rules[kind] as EntryRules<T>;
  const normal = normalize(entry);
  const nameless = kind !== 'mesh' && kind !== 'proxy-defaults' && (normal.Name ?? '') === '';
  return { entry: normal, fault: nameless ? 'Name is required' : fault(normal) };
}
