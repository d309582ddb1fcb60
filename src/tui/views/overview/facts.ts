/** The fact panels of the overview: the cluster in six lines, Raft in six lines. */
import { linkBadge } from '../../components/link.ts';
import { age, count } from '../../format.ts';
import type { DatacenterSnapshot } from '../../models/datacenter.ts';
import { newestIndex, type Overview, type RaftFigures, toleratedFailures } from '../../models/overview.ts';
import type { Resource } from '../../models/resource.ts';
import { type Line, lineWidth, pad, type Span, sanitize, span, type Tone } from '../../text.ts';
import { signs } from '../../theme.ts';

const labelWidth = 9;

function fact(label: string, ...value: readonly Span[]): Line {
  return [span(pad(label, labelWidth), 'muted'), ...value];
}

interface Counted {
  readonly sign: string;
  readonly value: number;
  readonly word: string;
  readonly tone: Tone;
}

/** Numbers with their signs: loud where they are not zero. Zeros go first when there is too little room. */
function counts(all: readonly Counted[], width: number): Span[] {
  const shown = (kept: readonly Counted[], gap: string) =>
    kept.flatMap(({ sign, value, word, tone }, index) => [
      span(index === 0 ? '' : gap),
      span(`${sign} ${count(value)} ${word}`, value === 0 ? 'muted' : tone),
    ]);
  const nonzero = all.filter(({ value }, index) => index === 0 || value > 0);
  const attempts = [shown(all, '  '), shown(all, ' '), shown(nonzero, '  '), shown(nonzero, ' ')];
  return attempts.find((spans) => lineWidth(spans) <= width) ?? attempts.at(-1)!;
}

/** What stands where a value is not known: why. */
function unknown(resource: Resource<unknown>, nowMs: number): Span {
  const badge = linkBadge(resource.link, nowMs);
  return { ...badge, tone: badge.tone === 'good' ? 'muted' : (badge.tone ?? 'muted') };
}

export function clusterFacts(snapshot: DatacenterSnapshot, nowMs: number, width: number): Line[] {
  const room = width - labelWidth;
  const { overview, leader, leaderSince, members, services, checks } = snapshot;
  return [
    fact('Leader', ...leaderName(overview, leader, nowMs)),
    fact('', span(leaderAge(overview, leaderSince, nowMs), 'muted')),
    fact('Members', ...memberCounts(overview, members, nowMs, room)),
    fact('Servers', ...serverCounts(overview, members, nowMs)),
    fact(
      'Services',
      overview.services === undefined
        ? unknown(services, nowMs)
        : span(count(overview.services), 'plain', { bold: true }),
    ),
    fact('Checks', ...checkCounts(overview, checks, nowMs, room)),
  ];
}

function leaderName({ leader }: Overview, resource: Resource<string>, nowMs: number): Span[] {
  if (leader !== undefined) {
    const name = leader.node === undefined ? '' : `${sanitize(leader.node)} `;
    return [
      span(`${signs.leader} `, 'accent'),
      span(name, 'plain', { bold: true }),
      span(sanitize(leader.address), name === '' ? 'plain' : 'muted'),
    ];
  }
  return resource.value === '' ? [span(`${signs.bad} none`, 'bad', { bold: true })] : [unknown(resource, nowMs)];
}

/** Only a change that was seen has a time; before that the leader is at least as old as we are. */
function leaderAge({ leader }: Overview, since: DatacenterSnapshot['leaderSince'], nowMs: number): string {
  const lasted = age(nowMs - since.ms);
  if (leader === undefined) return since.seen ? `none for ${lasted}` : '';
  return since.seen ? `for ${lasted}` : `for ${lasted} at least`;
}

function memberCounts({ members }: Overview, resource: Resource<unknown>, nowMs: number, room: number): Span[] {
  if (members === undefined) return [unknown(resource, nowMs)];
  return counts(
    [
      { sign: signs.good, value: members.alive, word: 'alive', tone: 'good' },
      { sign: signs.bad, value: members.failed, word: 'fail', tone: 'bad' },
      { sign: signs.off, value: members.left + members.leaving, word: 'left', tone: 'plain' },
    ],
    room,
  );
}

function serverCounts(overview: Overview, resource: Resource<unknown>, nowMs: number): Span[] {
  const { servers } = overview;
  if (servers.length === 0) return [unknown(resource, nowMs)];
  const healthy = servers.filter(({ health, member }) => health?.healthy ?? member === 'alive').length;
  const tolerated = toleratedFailures(servers);
  const all = healthy === servers.length;
  return [
    span(`${all ? signs.good : signs.warn} ${healthy} of ${servers.length} up  `, all ? 'good' : 'warn'),
    span(tolerated === 0 ? 'none may fail' : `${tolerated} may fail`, 'muted'),
  ];
}

function checkCounts({ checks }: Overview, resource: Resource<unknown>, nowMs: number, room: number): Span[] {
  if (checks === undefined) return [unknown(resource, nowMs)];
  const { passing, warning, critical, maintenance } = checks;
  return counts(
    [
      { sign: signs.good, value: passing, word: 'ok', tone: 'good' },
      { sign: signs.warn, value: warning, word: 'warn', tone: 'warn' },
      { sign: signs.bad, value: critical, word: 'crit', tone: 'bad' },
      ...(maintenance > 0 ? [{ sign: signs.paused, value: maintenance, word: 'maint', tone: 'info' } as const] : []),
    ],
    room,
  );
}

export function raftFacts(snapshot: DatacenterSnapshot, nowMs: number): Line[] {
  const { overview, agent } = snapshot;
  if (overview.raft !== undefined) return raftLines(overview.raft);
  if (agent.value === undefined) return [fact('State', unknown(agent, nowMs))];
  const newest = newestIndex(overview.servers);
  return [
    fact('State', span('client', 'plain', { bold: true }), span(' · Raft runs on the servers', 'muted')),
    fact('Last log', newest === 0 ? span('not told', 'muted') : span(count(newest), 'plain', { bold: true })),
  ];
}

function raftLines(raft: RaftFigures): Line[] {
  const leader = raft.state === 'Leader';
  const behind = Math.max(0, raft.commitIndex - raft.appliedIndex);
  const uncommitted = Math.max(0, raft.lastLogIndex - raft.commitIndex);
  const widest = Math.max(9, ...[raft.lastLogIndex, raft.lastSnapshotIndex].map((index) => count(index).length));
  const index = (value: number, tone: Tone = 'plain') =>
    span(pad(count(value), widest, 'right'), tone, { bold: tone === 'plain' });
  return [
    fact(
      'State',
      span(`${leader ? `${signs.leader} ` : ''}${sanitize(raft.state).toLowerCase()}`, leader ? 'accent' : 'plain', {
        bold: true,
      }),
      span(` · term ${count(raft.term)}`, 'muted'),
    ),
    fact('Last log', index(raft.lastLogIndex)),
    fact('Commit', index(raft.commitIndex), span(uncommitted === 0 ? '' : `  ${count(uncommitted)} waiting`, 'muted')),
    fact(
      'Applied',
      index(raft.appliedIndex),
      behind === 0
        ? span(`  ${signs.good} up to date`, 'good')
        : span(`  ${signs.warn} ${count(behind)} behind`, 'warn'),
    ),
    fact('Snapshot', index(raft.lastSnapshotIndex, 'muted')),
    fact('Leader', span(leader ? 'this server' : `heard ${sanitize(raft.lastContact)} ago`, 'muted')),
  ];
}
