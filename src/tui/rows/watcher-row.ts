/** Somebody who waits for news of something, as a table row. */
import type { Subject } from '../filter.ts';
import { timeOfDay } from '../format.ts';
import type { Watcher } from '../source/queries.ts';
import { sanitize, span } from '../text.ts';
import type { Column } from './column.ts';

/** How it waits is not what it waits for. */
const notAsked = new Set(['index', 'wait', 'token']);

/** `health/service/web?passing`. */
export function questionOf({ URL: url }: Watcher): string {
  const [path = '', query = ''] = url.split('?');
  const asked = query
    .split('&')
    .filter((pair) => pair !== '' && !notAsked.has(pair.split('=')[0]!))
    .map((pair) => pair.replace(/=$/, ''));
  return `${path.replace(/^\/v1\//, '')}${asked.length === 0 ? '' : `?${asked.join('&')}`}`;
}

export const watcherColumns: readonly Column<Watcher>[] = [
  { title: 'Client', width: 21, grow: 1, cell: ({ Client }) => span(sanitize(Client), 'plain', { bold: true }) },
  { title: 'Waits for', width: 24, grow: 3, cell: (watcher) => span(sanitize(questionOf(watcher)), 'value') },
  { title: 'Since', width: 8, cell: ({ Since }) => span(timeOfDay(Date.parse(Since)), 'muted') },
  {
    title: 'Token',
    width: 36,
    from: 110,
    cell: ({ AccessorID }) => span(sanitize(AccessorID) || '–', 'muted'),
  },
  {
    title: 'Program',
    width: 12,
    grow: 2,
    from: 130,
    cell: ({ UserAgent }) => span(sanitize(UserAgent) || '–', 'muted'),
  },
];

export const watcherSubject = (watcher: Watcher): Subject => ({
  text: `${watcher.Client} ${questionOf(watcher)} ${watcher.AccessorID} ${watcher.UserAgent}`,
});
