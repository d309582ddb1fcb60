/** What changed among the instances of a service while one looks at it: newest first. Pure but for the clock given. */
import type { ServiceEntry } from '../../client/index.ts';
import { type CheckState, worstState } from './check.ts';

export interface StateChange {
  readonly atMs: number;
  readonly instance: string;
  readonly node: string;
  /** Undefined: came into being, or went. */
  readonly from: CheckState | undefined;
  readonly to: CheckState | undefined;
}

const capacity = 100;

export const instanceKey = ({ Node, Service }: ServiceEntry): string => `${Node.Node}\u0000${Service.ID}`;

export function stateChanges(
  before: readonly ServiceEntry[],
  now: readonly ServiceEntry[],
  atMs: number,
  known: readonly StateChange[],
): readonly StateChange[] {
  const old = new Map(before.map((entry) => [instanceKey(entry), entry]));
  const changes: StateChange[] = [];
  const change = ({ Node, Service }: ServiceEntry, from?: CheckState, to?: CheckState) =>
    changes.push({ atMs, instance: Service.ID, node: Node.Node, from, to });
  for (const entry of now) {
    const was = old.get(instanceKey(entry));
    old.delete(instanceKey(entry));
    const to = worstState(entry.Checks);
    if (was === undefined) change(entry, undefined, to);
    else if (worstState(was.Checks) !== to) change(entry, worstState(was.Checks), to);
  }
  for (const entry of old.values()) change(entry, worstState(entry.Checks), undefined);
  return changes.length === 0 ? known : [...changes.reverse(), ...known].slice(0, capacity);
}
