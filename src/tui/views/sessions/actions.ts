/** What can be done to sessions. */
import type { SessionEntry } from '../../../client/index.ts';
import { type Action, shellLine } from '../../app/actions.ts';
import type { ViewContext } from '../view.ts';

export function sessionActions({ source }: ViewContext, sessions: readonly SessionEntry[]): Action[] {
  if (sessions.length === 0) return [];
  const path = (id: string) => `/v1/session/destroy/${id}`;
  return [
    {
      title: sessions.length === 1 ? 'Destroy the session' : 'Destroy the sessions',
      warning: 'Its locks are released, or its keys deleted, at once.',
      command: () => sessions.map(({ ID }) => shellLine('curl', '-X', 'PUT', `${source.address}${path(ID)}`)),
      async run(_values, signal) {
        for (const { ID } of sessions) await source.write({ method: 'PUT', path: path(ID) }, signal);
        return `${sessions.map(({ Name, ID }) => Name || ID).join(', ')} destroyed`;
      },
    },
  ];
}
