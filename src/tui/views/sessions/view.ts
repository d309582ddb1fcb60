/** Sessions, and the locks that the one under the cursor holds. */
import { table } from '../../components/table.ts';
import { count, plural } from '../../format.ts';
import { createSessionsModel, type LockSearch, type SessionRow } from '../../models/sessions.ts';
import { derived } from '../../models/store.ts';
import { lockColumns, sessionColumns, sessionSubject } from '../../rows/session-row.ts';
import { type Line, sanitize, span } from '../../text.ts';
import { signs } from '../../theme.ts';
import { tablePage } from '../table-page.ts';
import type { ViewDefinition } from '../view.ts';
import { sessionActions } from './actions.ts';

export const sessionsView: ViewDefinition = {
  id: 'sessions',
  title: 'Sessions',
  aliases: ['sess', 'locks'],
  help: 'Sessions and the locks they hold',
  open(context, argument) {
    const model = createSessionsModel(context.source, context.clock);
    const page = tablePage<SessionRow>(context, {
      crumb: 'Sessions',
      noun: 'session',
      rows: derived([model], ({ sessions, rows }) => ({ ...sessions, value: sessions.value && rows })),
      run: model.run,
      keyOf: ({ session }) => session.ID,
      columns: sessionColumns,
      subject: sessionSubject,
      name: ({ session }) => session.ID,
      raw: ({ session }) => session,
      actions: (rows) =>
        sessionActions(
          context,
          rows.map(({ session }) => session),
        ),
      summary: () => searchNote(model.get().search),
      detail: ({ session, locks }, { width, height }, nowMs) => ({
        title: [span(sanitize(session.Name || session.ID), 'plain', { bold: true }), span(' holds', 'muted')],
        lines:
          locks.length === 0
            ? [whyNoLocks(model.get().search, nowMs)]
            : table({
                columns: lockColumns,
                list: { rows: locks, index: 0, offset: 0 },
                width,
                height,
                focused: false,
              }),
      }),
      scopes: ['locks'],
      handle(command) {
        if (command !== 'scan-locks') return false;
        model.scan();
        return true;
      },
    });
    page.filter?.set(argument);
    return page;
  },
};

function searchNote(search: LockSearch): Line {
  switch (search.kind) {
    case 'counting':
      return [span(`${signs.busy} looking for locks`, 'muted')];
    case 'live':
      return [];
    case 'too-many':
      return [
        span(`${plural(search.keys, 'key')}: `, 'warn'),
        span('f', 'accent', { bold: true }),
        span(' looks for locks', 'warn'),
      ];
    case 'scanning':
      return [span(`${signs.busy} reading ${plural(search.keys, 'key')} …`, 'muted')];
    case 'scanned':
      return [span(`locks of ${count(search.keys)} keys, looked at once`, 'muted')];
    case 'failed':
      return [span(`${signs.denied} locks not known: ${sanitize(search.message)}`, 'warn')];
  }
}

function whyNoLocks(search: LockSearch, _nowMs: number): Line {
  return search.kind === 'live' || search.kind === 'scanned' ? [span('no lock', 'muted')] : searchNote(search);
}
