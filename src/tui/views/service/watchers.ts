/** Who waits for news of a service at this agent; only agents of tc can tell. */
import { count } from '../../format.ts';
import type { Feed } from '../../models/feed.ts';
import { mapResource } from '../../models/feed.ts';
import { derived } from '../../models/store.ts';
import { watcherColumns, watcherSubject } from '../../rows/watcher-row.ts';
import type { Watcher, Watchers } from '../../source/queries.ts';
import { span } from '../../text.ts';
import { tablePage } from '../table-page.ts';
import type { Page, ViewContext } from '../view.ts';

export function watchersPage(context: ViewContext, watchers: Feed<Watchers>): Page {
  return tablePage<Watcher>(context, {
    crumb: 'Watched by',
    noun: 'watcher',
    rows: derived([watchers], (resource) => mapResource(resource, ({ Watches }) => Watches)),
    run: async () => {},
    keyOf: ({ Client, URL: url }) => `${Client} ${url}`,
    columns: watcherColumns,
    subject: watcherSubject,
    name: ({ Client }) => Client,
    raw: (watcher) => watcher,
    empty: 'nobody waits for it at this agent',
    // An agent lists so many and counts the rest.
    summary(shown) {
      const { Total = 0 } = watchers.get().value ?? {};
      return Total > shown.length ? [span(`the oldest ${shown.length} of ${count(Total)}`, 'warn')] : [];
    },
  });
}
