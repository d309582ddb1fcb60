/** What happened, found by comparing two looks at the datacenter. Pure. */
import type { AgentMember, HealthCheck } from '../../client/index.ts';
import { type CheckState, checkKey, checkPlace, checkState } from './check.ts';
import { type MemberStatus, memberStatus } from './member.ts';

export type Severity = 'good' | 'warn' | 'bad' | 'info';

export interface DatacenterEvent {
  /** Wall clock, milliseconds. */
  readonly atMs: number;
  readonly severity: Severity;
  readonly text: string;
}

/** Newest first. */
const capacity = 500;
/** Of one comparison: when thousands of checks change at once, a number says more. */
const mostAtOnce = 20;

export function rememberEvents(
  events: readonly DatacenterEvent[],
  more: readonly DatacenterEvent[],
): readonly DatacenterEvent[] {
  return more.length === 0 ? events : [...more.toReversed(), ...events].slice(0, capacity);
}

export function leaderEvents(
  before: string | undefined,
  now: string,
  nodeAt: (address: string) => string | undefined,
  atMs: number,
): DatacenterEvent[] {
  if (before === undefined || before === now) return [];
  if (now === '') return [{ atMs, severity: 'bad', text: `leader lost (was ${nodeAt(before) ?? before})` }];
  return [{ atMs, severity: 'warn', text: `new leader ${[nodeAt(now), now].filter(Boolean).join(' ')}` }];
}

const memberSeverities: Readonly<Record<MemberStatus, Severity>> = {
  alive: 'good',
  leaving: 'info',
  left: 'info',
  failed: 'bad',
  none: 'info',
};

export function memberEvents(
  before: readonly AgentMember[] | undefined,
  now: readonly AgentMember[],
  atMs: number,
): DatacenterEvent[] {
  if (before === undefined || before === now) return [];
  const known = new Map(before.map((member) => [member.Name, memberStatus(member)]));
  const events: DatacenterEvent[] = [];
  for (const member of now) {
    const { Name } = member;
    const status = memberStatus(member);
    const old = known.get(Name);
    known.delete(Name);
    if (old === status) continue;
    const text = old === undefined ? `member ${Name} joined` : `member ${Name} ${old} → ${status}`;
    events.push({ atMs, severity: memberSeverities[status], text });
  }
  for (const name of known.keys()) events.push({ atMs, severity: 'info', text: `member ${name} gone` });
  return limited(events, 'members changed', atMs);
}

const checkSeverities: Readonly<Record<CheckState, Severity>> = {
  passing: 'good',
  warning: 'warn',
  critical: 'bad',
  maintenance: 'info',
};

export function checkEvents(
  before: readonly HealthCheck[] | undefined,
  now: readonly HealthCheck[],
  atMs: number,
): DatacenterEvent[] {
  if (before === undefined || before === now) return [];
  const known = new Map(before.map((check) => [checkKey(check), check]));
  const events: DatacenterEvent[] = [];
  for (const check of now) {
    const old = known.get(checkKey(check));
    known.delete(checkKey(check));
    const state = checkState(check);
    // A new check that passes is nothing to tell.
    if ((old === undefined ? 'passing' : checkState(old)) === state) continue;

    events.push({
      atMs,
      severity: checkSeverities[state],
      text: `${checkPlace(check)}: ${check.Name} → ${state}`,
    });
  }
  for (const check of known.values()) {
    if (checkState(check) === 'passing') continue;
    events.push({
      atMs,
      severity: 'info',
      text: `${checkPlace(check)}: ${check.Name} gone, was ${checkState(check)}`,
    });
  }
  return limited(events, 'checks changed', atMs);
}

function limited(events: readonly DatacenterEvent[], what: string, atMs: number): DatacenterEvent[] {
  if (events.length <= mostAtOnce) return [...events];
  const bad = events.filter(({ severity }) => severity === 'bad');
  const shown = [...bad, ...events.filter(({ severity }) => severity !== 'bad')].slice(0, mostAtOnce - 1);
  return [{ atMs, severity: bad.length > 0 ? 'bad' : 'info', text: `${events.length} ${what} at once` }, ...shown];
}
