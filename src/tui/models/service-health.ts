/** Services by the state of their instances, out of all checks of the datacenter. One pass; pure. */
import type { HealthCheck } from '../../client/index.ts';
import { type CheckState, checkState, stateRank } from './check.ts';

export interface ServiceHealth {
  readonly name: string;
  readonly tags: readonly string[];
  /** Instances that have checks, by their worst check; those of their node count too. */
  readonly instances: Readonly<Record<CheckState, number>>;
  readonly state: CheckState;
}

const none = (): Record<CheckState, number> => ({ passing: 0, warning: 0, critical: 0, maintenance: 0 });

const worse = (a: CheckState, b: CheckState): CheckState => (stateRank[a] < stateRank[b] ? a : b);

/** Worst first, then by name. */
export function serviceHealth(
  services: Readonly<Record<string, readonly string[]>>,
  checks: readonly HealthCheck[],
): ServiceHealth[] {
  const nodes = new Map<string, CheckState>();
  const instances = new Map<string, Map<string, CheckState>>();
  for (const check of checks) {
    const state = checkState(check);
    if (check.ServiceName === '') {
      if (state !== 'passing') nodes.set(check.Node, worse(state, nodes.get(check.Node) ?? 'passing'));
      continue;
    }
    const ofService = instances.get(check.ServiceName) ?? new Map<string, CheckState>();
    instances.set(check.ServiceName, ofService);
    const key = `${check.Node}\u0000${check.ServiceID}`;
    ofService.set(key, worse(state, ofService.get(key) ?? 'passing'));
  }
  return Object.entries(services)
    .map(([name, tags]): ServiceHealth => {
      const counts = none();
      let state: CheckState = 'passing';
      for (const [key, own] of instances.get(name) ?? []) {
        const node = nodes.size === 0 ? undefined : nodes.get(key.slice(0, key.indexOf('\u0000')));
        const worst = node === undefined ? own : worse(own, node);
        counts[worst]++;
        state = worse(worst, state);
      }
      return { name, tags, instances: counts, state };
    })
    .sort(byTrouble);
}

export function byTrouble(a: ServiceHealth, b: ServiceHealth): number {
  return stateRank[a.state] - stateRank[b.state] || (a.name < b.name ? -1 : 1);
}

export function instanceCount({ instances }: ServiceHealth): number {
  return instances.passing + instances.warning + instances.critical + instances.maintenance;
}
