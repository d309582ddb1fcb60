/** Config entries of all kinds. */
import type { ConfigEntry } from '../../../client/config.ts';
import { escapePath } from '../../../lib/go-url.ts';
import { type Action, shellLine } from '../../app/actions.ts';
import { jsonLines } from '../../components/json.ts';
import { count } from '../../format.ts';
import { mergeResources } from '../../models/feed.ts';
import { derived } from '../../models/store.ts';
import type { Column } from '../../rows/column.ts';
import * as queries from '../../source/queries.ts';
import { sanitize, span } from '../../text.ts';
import { tablePage } from '../table-page.ts';
import type { ViewContext, ViewDefinition } from '../view.ts';

export const configView: ViewDefinition = {
  id: 'config',
  title: 'Config',
  aliases: ['entries', 'cfg'],
  help: 'Config entries of all kinds',
  open(context, argument) {
    const feeds = queries.configEntryKinds.map((kind) => context.feed(queries.configEntries(kind)));
    const page = tablePage<ConfigEntry>(context, {
      crumb: 'Config entries',
      noun: 'entry',
      plural: 'entries',
      rows: derived(feeds, (...resources) => mergeResources(resources)),
      run: async (signal) => {
        await Promise.all(feeds.map((feed) => feed.run(signal)));
      },
      keyOf: nameOf,
      columns,
      subject: (entry) => ({ text: `${nameOf(entry)} ${JSON.stringify(entry)}`, state: entry.Kind }),
      name: nameOf,
      raw: (entry) => entry,
      actions: (rows) => rows.map((row) => remove(context, row)),
      detail: (entry, { width }) => ({
        title: [span(sanitize(nameOf(entry)), 'plain', { bold: true })],
        lines: jsonLines(entry, width),
      }),
      empty: 'no config entries',
    });
    page.filter?.set(argument);
    return page;
  },
};

const nameOf = ({ Kind, Name }: ConfigEntry): string => `${Kind}/${Name ?? ''}`;

const columns: readonly Column<ConfigEntry>[] = [
  { title: 'Kind', width: 20, cell: ({ Kind }) => span(Kind, 'accent') },
  { title: 'Name', width: 18, grow: 2, cell: ({ Name }) => span(sanitize(Name ?? ''), 'plain', { bold: true }) },
  {
    title: 'Modified at',
    width: 11,
    align: 'right',
    cell: ({ ModifyIndex }) => span(count(ModifyIndex ?? 0), 'muted'),
    sortBy: ({ ModifyIndex }) => -(ModifyIndex ?? 0),
  },
];

function remove({ source }: ViewContext, entry: ConfigEntry): Action {
  const { Kind, Name = '' } = entry;
  return {
    title: `Delete ${nameOf(entry)}`,
    warning: 'Services that depend on it change at once.',
    command: () => shellLine('tc', 'config', 'delete', `-kind=${Kind}`, `-name=${Name}`),
    async run(_values, signal) {
      await source.write({ method: 'DELETE', path: `/v1/config/${escapePath(Kind)}/${escapePath(Name)}` }, signal);
      return `${nameOf(entry)} is deleted`;
    },
  };
}
