/** Defaults of a service, and of all proxies. */
import type { ProxyConfigEntry, ServiceConfigEntry, UpstreamConfig } from '../config-entry.ts';
import { faultList } from '../service-faults.ts';
import type { EntryRules } from './rules.ts';

export const serviceDefaultsRules: EntryRules<ServiceConfigEntry> = {
  normalize: (entry) => ({ ...entry, Protocol: entry.Protocol.toLowerCase() }),
  fault({ UpstreamConfig: config }) {
    if (config === null) return null;
    const faults: string[] = [];
    for (const override of config.Overrides ?? []) {
      const fault = override.Name === '' ? 'Name is required' : upstreamFault(override);
      if (fault !== null) faults.push(`error in upstream override for ${override.Name}: ${fault}`);
    }
    if (config.Defaults !== null) {
      const fault = config.Defaults.Name === '' ? upstreamFault(config.Defaults) : 'Name must be empty';
      if (fault !== null) faults.push(`error in upstream defaults: ${fault}`);
    }
    return faultList(faults);
  },
};

function upstreamFault({ PassiveHealthCheck: check }: UpstreamConfig): string | null {
  if (check !== null && check.Interval < 0) return 'passive health check interval cannot be negative';
  return null;
}

/** There is one for all, whatever name it was written under. */
export const proxyDefaultsRules: EntryRules<ProxyConfigEntry> = {
  normalize: (entry) => ({ ...entry, Name: 'global' }),
  fault: () => null,
};
