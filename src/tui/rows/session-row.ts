/** A session, and a lock, as table rows. */
import { count, plural } from '../format.ts';
import type { Lock, SessionRow } from '../models/sessions.ts';
import { type Span, sanitize, span } from '../text.ts';
import { signs } from '../theme.ts';
import type { Column } from './column.ts';

function locksCell({ locks }: SessionRow): Span {
  return locks.length === 0
    ? span(`${signs.off} none`, 'muted')
    : span(`${signs.good} ${plural(locks.length, 'lock')}`, 'good');
}

export const sessionColumns: readonly Column<SessionRow>[] = [
  { title: 'Holds', width: 10, cell: locksCell },
  {
    title: 'Name',
    width: 14,
    grow: 3,
    cell: ({ session }) => span(sanitize(session.name) || '–', 'plain', { bold: true }),
  },
  { title: 'Node', width: 12, grow: 2, cell: ({ session }) => span(sanitize(session.node), 'value') },
  { title: 'TTL', width: 5, align: 'right', cell: ({ session }) => span(sanitize(session.ttl) || '–') },
  {
    title: 'Behavior',
    width: 8,
    cell: ({ session }) => span(sanitize(session.behavior), session.behavior === 'delete' ? 'warn' : 'plain'),
  },
  {
    title: 'Delay',
    width: 6,
    align: 'right',
    from: 90,
    cell: ({ session }) => span(`${session.lockDelayMs / 1000}s`, 'muted'),
  },
  { title: 'ID', width: 8, from: 74, cell: ({ session }) => span(sanitize(session.id).slice(0, 8), 'muted') },
  {
    title: 'Created at',
    width: 10,
    align: 'right',
    from: 100,
    cell: ({ session }) => span(count(session.createIndex), 'muted'),
  },
  {
    title: 'Checks',
    width: 12,
    grow: 2,
    from: 120,
    cell: ({ session }) => span(sanitize(session.checks.join(' ')), 'muted'),
  },
];

export const lockColumns: readonly Column<Lock>[] = [
  { title: 'Key', width: 20, grow: 1, cell: ({ key }) => span(sanitize(key)) },
  { title: 'Taken', width: 8, align: 'right', cell: ({ lockIndex }) => span(`${count(lockIndex)} ×`, 'muted') },
  { title: 'Modified at', width: 11, align: 'right', cell: ({ modifyIndex }) => span(count(modifyIndex), 'muted') },
];

/** What `/` looks at. */
export function sessionText({ session, locks }: SessionRow): string {
  return `${session.name} ${session.node} ${session.id} ${session.behavior} ${locks.map(({ key }) => key).join(' ')}`;
}
