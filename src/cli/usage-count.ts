/** How much of everything a state holds. Pure. */
import type { StateRecord } from '../snapshot/index.ts';

export interface Usage {
  Nodes: number;
  /** Different names. */
  Services: number;
  ServiceInstances: number;
  Checks: number;
  CriticalChecks: number;
  Keys: number;
  /** Of the values alone. */
  KeyBytes: number;
  Sessions: number;
  PreparedQueries: number;
  ConfigEntries: number;
  Tokens: number;
}

/** Takes one record after the other; `usage` is what they come to. */
export class UsageCount {
  readonly usage: Usage = {
    ...{ Nodes: 0, Services: 0, ServiceInstances: 0, Checks: 0, CriticalChecks: 0, Keys: 0, KeyBytes: 0 },
    ...{ Sessions: 0, PreparedQueries: 0, ConfigEntries: 0, Tokens: 0 },
  };
  readonly #names = new Set<string>();

  add({ type, value }: StateRecord): void {
    const { usage } = this;
    switch (type) {
      case 'registration':
        if (value.Service !== null) {
          usage.ServiceInstances++;
          usage.Services = this.#names.add(value.Service.Service).size;
        } else if (value.Check !== null) {
          usage.Checks++;
          if (value.Check.Status === 'critical') usage.CriticalChecks++;
        } else usage.Nodes++;
        break;
      case 'kv':
        usage.Keys++;
        usage.KeyBytes += value.Value?.length ?? 0;
        break;
      case 'session':
        usage.Sessions++;
        break;
      case 'preparedQuery':
        usage.PreparedQueries++;
        break;
      case 'configEntry':
        usage.ConfigEntries++;
        break;
      case 'aclToken':
        usage.Tokens++;
        break;
    }
  }
}
