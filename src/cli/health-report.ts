/** How well something is, by the checks of it: for people, and as exit code for scripts. Pure. */
import type { HealthCheck, ServiceEntry } from '../client/types.ts';
import { columns } from './format.ts';

export const states = ['passing', 'warning', 'critical'] as const;
export type State = (typeof states)[number];

/** As monitoring systems have it: 0 good, 1 warning, 2 critical; 3 is for not knowing. */
export const exitCodeOf = (state: State): number => states.indexOf(state);
export const unknownExit = 3;

const stateOf = (status: string): State => states.find((state) => state === status) ?? 'critical';

/** The worst of them; nothing to check is well. */
export const worstOf = (checks: readonly Pick<HealthCheck, 'Status'>[]): State =>
  states[Math.max(0, ...checks.map(({ Status }) => states.indexOf(stateOf(Status))))]!;

export interface Report {
  readonly state: State;
  /** `web: 3 instances: 2 passing, 1 critical` */
  readonly summary: string;
  /** The worst first. */
  readonly troubles: readonly HealthCheck[];
}

const countsOf = (all: readonly State[]): string =>
  states
    .map((state) => [all.filter((one) => one === state).length, state] as const)
    .filter(([count]) => count > 0)
    .map(([count, state]) => `${count} ${state}`)
    .join(', ');

const troublesOf = (checks: readonly HealthCheck[]): HealthCheck[] =>
  checks
    .filter(({ Status }) => Status !== 'passing')
    .sort((a, b) => states.indexOf(stateOf(b.Status)) - states.indexOf(stateOf(a.Status)));

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** All checks of a datacenter or of a node. */
export function checksReport(what: string, checks: readonly HealthCheck[]): Report {
  const counts = countsOf(checks.map(({ Status }) => stateOf(Status)));
  const summary = `${what}: ${plural(checks.length, 'check')}${counts === '' ? '' : `: ${counts}`}`;
  return { state: worstOf(checks), summary, troubles: troublesOf(checks) };
}

/**
 * A service by its instances: as well as the worst of them; with `enough`, well as soon as that many are. Without any
 * instance it is critical.
 */
export function serviceReport(name: string, entries: readonly ServiceEntry[], enough?: number): Report {
  const all = entries.map(({ Checks }) => worstOf(Checks));
  const passing = all.filter((state) => state === 'passing').length;
  const counts = countsOf(all);
  const summary = `${name}: ${plural(entries.length, 'instance')}${counts === '' ? '' : `: ${counts}`}`;
  const worst = entries.length === 0 ? 'critical' : states[Math.max(...all.map((state) => states.indexOf(state)))]!;
  const state = enough === undefined ? worst : passing >= enough ? 'passing' : 'critical';
  return { state, summary, troubles: troublesOf(entries.flatMap(({ Checks }) => Checks)) };
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

export function reportText({ summary, troubles }: Report): string {
  if (troubles.length === 0) return `${summary}\n`;
  const rows = troubles.map(({ Status, Node, ServiceID, CheckID, Output }) => [
    Status,
    Node,
    ServiceID || '-',
    CheckID,
    firstLine(Output),
  ]);
  return `${summary}\n\n${columns([['Status', 'Node', 'Service', 'Check', 'Output'], ...rows])}`;
}
