/** A session, and a lock, as table rows. */
import type { Subject } from '../filter.ts';
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
  { title: 'Holds', width: 10, cell: locksCell, sortBy: ({ locks }) => -locks.length },
  {
    title: 'Name',
    width: 14,
    grow: 3,
    cell: ({ session }) => span(sanitize(session.Name) || '–', 'plain', { bold: true }),
  },
  { title: 'Node', width: 12, grow: 2, cell: ({ session }) => span(sanitize(session.Node), 'value') },
  { title: 'TTL', width: 5, align: 'right', cell: ({ session }) => span(sanitize(session.TTL) || '–') },
  {
    title: 'Behavior',
    width: 8,
    cell: ({ session }) => span(sanitize(session.Behavior), session.Behavior === 'delete' ? 'warn' : 'plain'),
  },
  {
    title: 'Delay',
    width: 6,
    align: 'right',
    from: 90,
    cell: ({ session }) => span(`${session.LockDelay / 1e9}s`, 'muted'),
    sortBy: ({ session }) => session.LockDelay,
  },
  { title: 'ID', width: 8, from: 74, cell: ({ session }) => span(sanitize(session.ID).slice(0, 8), 'muted') },
  {
    title: 'Created at',
    width: 10,
    align: 'right',
    from: 100,
    cell: ({ session }) => span(count(session.CreateIndex), 'muted'),
    sortBy: ({ session }) => session.CreateIndex,
  },
  {
    title: 'Checks',
    width: 12,
    grow: 2,
    from: 120,
    cell: ({ checks }) => span(sanitize(checks.join(' ')), 'muted'),
  },
];

export const lockColumns: readonly Column<Lock>[] = [
  { title: 'Key', width: 20, grow: 1, cell: ({ key }) => span(sanitize(key)) },
  { title: 'Taken', width: 8, align: 'right', cell: ({ lockIndex }) => span(`${count(lockIndex)} ×`, 'muted') },
  { title: 'Modified at', width: 11, align: 'right', cell: ({ modifyIndex }) => span(count(modifyIndex), 'muted') },
];

export function sessionSubject({ session, locks }: SessionRow): Subject {
  const words = [session.Name, session.Node, session.ID, session.Behavior, ...locks.map(({ key }) => key)];
  return { text: words.join(' '), state: locks.length > 0 ? 'holding' : 'free' };
}
