/** User events that this agent has heard of, the newest first. */
import type { UserEvent } from '../../../client/index.ts';
import { escapePath } from '../../../lib/go-url.ts';
import { type Action, shellLine } from '../../app/actions.ts';
import { bytes, count } from '../../format.ts';
import { mapResource } from '../../models/feed.ts';
import { derived } from '../../models/store.ts';
import { outputLines } from '../../rows/check-row.ts';
import type { Column } from '../../rows/column.ts';
import * as queries from '../../source/queries.ts';
import { sanitize, span } from '../../text.ts';
import { tablePage } from '../table-page.ts';
import type { ViewContext, ViewDefinition } from '../view.ts';

export const eventsView: ViewDefinition = {
  id: 'events',
  title: 'Events',
  aliases: ['ev'],
  help: 'User events that this agent has heard of',
  open(context, argument) {
    const feed = context.feed(queries.events);
    const page = tablePage<UserEvent>(context, {
      crumb: 'Events',
      noun: 'event',
      rows: derived([feed], (resource) => mapResource(resource, (events) => events.toReversed())),
      run: feed.run,
      keyOf: ({ ID }) => ID,
      columns,
      subject: (event) => ({ text: `${event.Name} ${event.ID} ${payloadOf(event)}` }),
      name: ({ Name }) => Name,
      raw: (event) => event,
      actions: () => [fire(context)],
      detail: (event, { width }) => ({
        title: [span(sanitize(event.Name), 'plain', { bold: true }), span(' payload', 'muted')],
        lines: outputLines(payloadOf(event), width),
      }),
      empty: 'no event was fired while this agent was there',
    });
    page.filter?.set(argument);
    return page;
  },
};

const payloadOf = ({ Payload }: UserEvent): string => Buffer.from(Payload ?? '', 'base64').toString();

const columns: readonly Column<UserEvent>[] = [
  { title: 'Event', width: 16, grow: 2, cell: ({ Name }) => span(sanitize(Name), 'plain', { bold: true }) },
  { title: 'LTime', width: 7, align: 'right', cell: ({ LTime }) => span(count(LTime)), sortBy: ({ LTime }) => -LTime },
  { title: 'Payload', width: 8, align: 'right', cell: (event) => span(bytes(payloadOf(event).length), 'muted') },
  { title: 'Node', width: 10, grow: 1, cell: ({ NodeFilter }) => span(sanitize(NodeFilter || '–'), 'value') },
  { title: 'Service', width: 10, grow: 1, cell: ({ ServiceFilter }) => span(sanitize(ServiceFilter || '–'), 'value') },
  { title: 'Tag', width: 8, grow: 1, from: 90, cell: ({ TagFilter }) => span(sanitize(TagFilter || '–'), 'value') },
  { title: 'ID', width: 36, from: 110, cell: ({ ID }) => span(ID, 'muted') },
];

function fire({ source }: ViewContext): Action {
  const filters = ({ node = '', service = '' }) => ({ ...(node && { node }), ...(service && { service }) });
  return {
    title: 'Fire an event',
    fields: [
      { name: 'event', label: 'Name', required: true },
      { name: 'payload', label: 'Payload' },
      { name: 'node', label: 'Nodes', hint: 'a regular expression; empty for all' },
      { name: 'service', label: 'Services', hint: 'a regular expression; empty for all' },
    ],
    command: ({ event = '', payload = '', ...rest }) =>
      shellLine(
        'tc',
        'event',
        `-name=${event}`,
        ...Object.entries(filters(rest)).map(([key, value]) => `-${key}=${value}`),
        ...(payload && [payload]),
      ),
    async run({ event = '', payload = '', ...rest }, signal) {
      await source.write(
        { method: 'PUT', path: `/v1/event/fire/${escapePath(event)}`, params: filters(rest), body: payload },
        signal,
      );
      return `${event} is fired`;
    },
  };
}
