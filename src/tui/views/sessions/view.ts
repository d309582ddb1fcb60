/** View 4: sessions, and the locks that the one under the cursor holds. */
import { framed, innerSize } from '../../components/frame.ts';
import { linkExplanation } from '../../components/link.ts';
import { positionNote } from '../../components/scroll-note.ts';
import { table } from '../../components/table.ts';
import { parseFilter } from '../../filter.ts';
import { age, plural } from '../../format.ts';
import { createList } from '../../list.ts';
import type { LockSearch, SessionRow, SessionsModel } from '../../models/sessions.ts';
import { createStore } from '../../models/store.ts';
import { lockColumns, sessionColumns, sessionText } from '../../rows/session-row.ts';
import { type Line, sanitize, span } from '../../text.ts';
import { signs } from '../../theme.ts';
import { type Drawing, type Size, subscribeAll, type View } from '../view.ts';

export function sessionsView(sessions: SessionsModel): View {
  const filter = createStore('');
  const list = createList<SessionRow>({ keyOf: ({ session }) => session.id });
  let shown: { rows: readonly SessionRow[]; filter: string } | undefined;

  function refresh(): void {
    const { rows } = sessions.get();
    const text = filter.get();
    if (shown?.rows === rows && shown?.filter === text) return;
    shown = { rows, filter: text };
    const passes = parseFilter(text);
    const sorted = rows.toSorted(
      (a, b) => b.locks.length - a.locks.length || (sessionText(a) < sessionText(b) ? -1 : 1),
    );
    list.setRows(passes ? sorted.filter((row) => passes(sessionText(row))) : sorted);
  }

  sessions.subscribe(refresh);
  filter.subscribe(refresh);

  return {
    id: 'sessions',
    title: 'Sessions',
    scopes: ['sessions', 'list'],
    filter,
    subscribe: subscribeAll([sessions, list, filter]),
    run: sessions.run,
    handle(command, { height }) {
      if (command === 'scan-locks') {
        sessions.scan();
        return true;
      }
      return list.handle(command, height - 3 - locksHeight(height));
    },
    draw({ width, height, nowMs }: Drawing) {
      const snapshot = sessions.get();
      const below = locksHeight(height);
      const size = { width, height: height - below };
      const inner = innerSize(size.width, size.height);
      const lines = table({ columns: sessionColumns, list: list.get(), ...inner, focused: true });
      if (list.get().rows.length === 0) {
        const { value } = snapshot.sessions;
        const reason =
          value === undefined
            ? 'asking for sessions …'
            : value.length === 0
              ? 'no sessions'
              : 'no session passes the filter';
        lines.push(linkExplanation(snapshot.sessions, nowMs) ?? [span(reason, 'muted')]);
      }
      const panel = framed(lines, {
        title: [span('Sessions', 'plain', { bold: true })],
        note: positionNote(list.get()),
        ...size,
        focused: true,
      });
      return [...panel, ...locksPanel(list.current(), snapshot.search, { width, height: below }, nowMs)];
    },
  };
}

function locksHeight(height: number): number {
  return Math.max(5, Math.floor(height * 0.4));
}

function locksPanel(row: SessionRow | undefined, search: LockSearch, size: Size, nowMs: number): Line[] {
  const inner = innerSize(size.width, size.height);
  const locks = row?.locks ?? [];
  const list = { rows: locks, index: 0, offset: 0 };
  const lines =
    locks.length > 0 ? table({ columns: lockColumns, list, ...inner, focused: false }) : [noLocks(row, search)];
  const name = row === undefined ? '' : ` of ${sanitize(row.session.name || row.session.id)}`;
  const hidden = locks.length - (inner.height - 1);
  return framed(lines, {
    title: [span('Locks', 'plain', { bold: true }), span(name, 'muted')],
    note: searchNote(search, nowMs),
    footnote: hidden > 0 ? [span(`${plural(hidden, 'more lock')}`, 'muted')] : [],
    ...size,
  });
}

function noLocks(row: SessionRow | undefined, search: LockSearch): Line {
  switch (search.kind) {
    case 'counting':
      return [span(`${signs.busy} counting keys …`, 'muted')];
    case 'too-many':
      return [
        span(`${plural(search.keys, 'key')}: too many to watch for locks. `),
        span('s', 'accent', { bold: true }),
        span(' looks through them once', 'muted'),
      ];
    case 'scanning':
      return [span(`${signs.busy} looking through ${plural(search.keys, 'key')} …`, 'warn')];
    case 'failed':
      return [span(`${signs.stale} locks are not known: ${sanitize(search.message)}`, 'warn')];
    default:
      return [span(row === undefined ? '' : 'holds nothing', 'muted')];
  }
}

function searchNote(search: LockSearch, nowMs: number): Line {
  switch (search.kind) {
    case 'live':
      return [span(`${signs.good} live`, 'good')];
    case 'scanned':
      return [span(`${signs.stale} ${age(nowMs - search.atMs)} old, s looks again`, 'warn')];
    default:
      return [];
  }
}
