/** What happened, found by comparing two looks at the datacenter. */
import type { Member, MemberStatus } from './source.ts';

export type Severity = 'good' | 'warn' | 'bad' | 'info';

export interface DatacenterEvent {
  /** Wall clock, milliseconds. */
  readonly atMs: number;
  readonly severity: Severity;
  readonly text: string;
}

/** Newest first. */
const capacity = 200;

export function rememberEvents(
  events: readonly DatacenterEvent[],
  more: readonly DatacenterEvent[],
): readonly DatacenterEvent[] {
  return more.length === 0 ? events : [...more.toReversed(), ...events].slice(0, capacity);
}

export function leaderEvents(before: string | undefined, now: string, atMs: number): DatacenterEvent[] {
  if (before === undefined || before === now) return [];
  if (now === '') return [{ atMs, severity: 'bad', text: 'no leader' }];
  return [{ atMs, severity: 'warn', text: `new leader ${now}` }];
}

const severities: Readonly<Record<MemberStatus, Severity>> = {
  alive: 'good',
  leaving: 'info',
  left: 'info',
  failed: 'bad',
  none: 'info',
};

export function memberEvents(
  before: readonly Member[] | undefined,
  now: readonly Member[],
  atMs: number,
): DatacenterEvent[] {
  if (before === undefined) return [];
  const known = new Map(before.map((member) => [member.name, member.status]));
  const events: DatacenterEvent[] = [];
  for (const { name, status } of now) {
    const old = known.get(name);
    known.delete(name);
    if (old === status) continue;
    const text = old === undefined ? `member ${name} joined` : `member ${name} ${old} → ${status}`;
    events.push({ atMs, severity: severities[status], text });
  }
  for (const name of known.keys()) events.push({ atMs, severity: 'info', text: `member ${name} gone` });
  return events;
}
