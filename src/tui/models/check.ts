/** States of checks, and what they add up to. Maintenance is a critical check with a well-known id. Pure. */
import type { HealthCheck } from '../../client/index.ts';

export type CheckState = 'passing' | 'warning' | 'critical' | 'maintenance';

export type CheckCounts = Readonly<Record<CheckState, number>>;

export const nodeMaintenance = '_node_maintenance';
export const serviceMaintenance = '_service_maintenance:';

type CheckLike = Pick<HealthCheck, 'CheckID' | 'Status'>;

export function checkState({ CheckID, Status }: CheckLike): CheckState {
  if (CheckID === nodeMaintenance || CheckID.startsWith(serviceMaintenance)) return 'maintenance';
  return Status === 'passing' || Status === 'warning' ? Status : 'critical';
}

export function countChecks(checks: readonly CheckLike[]): CheckCounts {
  const counts = { passing: 0, warning: 0, critical: 0, maintenance: 0 };
  for (const check of checks) counts[checkState(check)]++;
  return counts;
}

/** Worst first. */
export const stateRank: Readonly<Record<CheckState, number>> = { critical: 0, maintenance: 1, warning: 2, passing: 3 };

/** The worst state of some checks; passing without any. */
export function worstState(checks: readonly CheckLike[]): CheckState {
  let worst: CheckState = 'passing';
  for (const check of checks) {
    const state = checkState(check);
    if (stateRank[state] < stateRank[worst]) worst = state;
  }
  return worst;
}

export const checkKey = ({ Node, CheckID }: Pick<HealthCheck, 'Node' | 'CheckID'>): string => `${Node}\u0000${CheckID}`;

/** What a check is about, for a person: `web on node-1`, `node-1`. */
export function checkPlace({ Node, ServiceName }: Pick<HealthCheck, 'Node' | 'ServiceName'>): string {
  return ServiceName === '' ? Node : `${ServiceName} on ${Node}`;
}
