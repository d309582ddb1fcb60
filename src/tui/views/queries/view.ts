/** Prepared queries: what they look for, where they fail over to, and what they answer right now. */
import { type Action, shellLine } from '../../app/actions.ts';
import type { Column } from '../../rows/column.ts';
import type { PreparedQuery } from '../../source/queries.ts';
import * as queries from '../../source/queries.ts';
import { sanitize, span } from '../../text.ts';
import { tablePage } from '../table-page.ts';
import type { ViewContext, ViewDefinition } from '../view.ts';

export const queriesView: ViewDefinition = {
  id: 'queries',
  title: 'Queries',
  aliases: ['query', 'pq'],
  help: 'Prepared queries; enter runs one',
  open(context, argument) {
    const feed = context.feed(queries.preparedQueries);
    const page = tablePage<PreparedQuery>(context, {
      crumb: 'Prepared queries',
      noun: 'query',
      plural: 'queries',
      rows: feed,
      run: feed.run,
      keyOf: ({ ID }) => ID,
      columns,
      subject: ({ Name, ID, Service }) => ({ text: `${Name} ${ID} ${Service.Service}`, tags: Service.Tags ?? [] }),
      name: ({ Name, ID }) => Name || ID,
      raw: (query) => query,
      enter: (query) => void execute(context, query),
      actions: (rows) => rows.map((row) => remove(context, row)),
      empty: 'no prepared queries',
    });
    page.filter?.set(argument);
    return page;
  },
};

const columns: readonly Column<PreparedQuery>[] = [
  {
    title: 'Query',
    width: 16,
    grow: 2,
    cell: ({ Name, Template }) => span(sanitize(Name || (Template ? '(all names)' : '–')), 'plain', { bold: true }),
  },
  { title: 'Service', width: 14, grow: 2, cell: ({ Service }) => span(sanitize(Service.Service), 'value') },
  { title: 'Passing', width: 7, cell: ({ Service }) => span(Service.OnlyPassing ? 'only' : 'or warn', 'muted') },
  { title: 'Near', width: 8, grow: 1, from: 80, cell: ({ Service }) => span(sanitize(Service.Near || '–')) },
  {
    title: 'Failover',
    width: 12,
    grow: 1,
    cell({ Service: { Failover } }) {
      const places = [
        ...(Failover.NearestN > 0 ? [`nearest ${Failover.NearestN}`] : []),
        ...(Failover.Datacenters ?? []),
      ];
      return span(sanitize(places.join(', ')) || '–');
    },
  },
  { title: 'TTL', width: 6, align: 'right', cell: ({ DNS }) => span(DNS.TTL || '–', 'muted') },
  { title: 'ID', width: 36, from: 120, cell: ({ ID }) => span(ID, 'muted') },
];

/** A read: nothing is changed, so nothing is asked. */
async function execute({ source, ended, say, showJson }: ViewContext, { ID, Name }: PreparedQuery): Promise<void> {
  const path = `/v1/query/${ID}/execute`;
  try {
    showJson(`${Name || ID} answers`, await source.read({ path, right: 'query:read', parse: (json) => json }, ended));
  } catch (error) {
    say({ text: (error as Error).message, tone: 'bad' });
  }
}

function remove({ source }: ViewContext, { ID, Name }: PreparedQuery): Action {
  const path = `/v1/query/${ID}`;
  return {
    title: `Delete ${Name || ID}`,
    warning: 'Whoever resolves it by DNS gets no answer any more.',
    command: () => shellLine('curl', '-X', 'DELETE', `${source.address}${path}`),
    async run(_values, signal) {
      await source.write({ method: 'DELETE', path }, signal);
      return `${Name || ID} is deleted`;
    },
  };
}
