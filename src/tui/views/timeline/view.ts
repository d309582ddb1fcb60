/** All that happened in the datacenter since the dashboard runs, or in a recording: the newest first. */

import { timeOfDay } from '../../format.ts';
import type { DatacenterEvent } from '../../models/events.ts';
import { derived } from '../../models/store.ts';
import type { Column } from '../../rows/column.ts';
import { severities } from '../../rows/state.ts';
import { sanitize, span } from '../../text.ts';
import { tablePage } from '../table-page.ts';
import type { ViewDefinition } from '../view.ts';

export const timelineView: ViewDefinition = {
  id: 'timeline',
  title: 'Timeline',
  aliases: ['tl', 'feed', 'history'],
  help: 'What happened: leaders, members, checks',
  open(context, argument) {
    const { datacenter } = context;
    const page = tablePage<DatacenterEvent>(context, {
      crumb: 'Timeline',
      noun: 'event',
      rows: derived([datacenter], ({ events, leader }) => ({
        ...leader,
        value: leader.value === undefined ? undefined : events,
      })),
      run: async () => {},
      keyOf: (event) => `${event.atMs} ${event.text}`,
      columns,
      subject: ({ text, severity }) => ({ text, state: severity }),
      name: ({ text }) => text,
      raw: (event) => ({ ...event, at: new Date(event.atMs).toISOString() }),
      empty: 'nothing has happened yet',
    });
    page.filter?.set(argument);
    return page;
  },
};

const columns: readonly Column<DatacenterEvent>[] = [
  { title: 'Time', width: 8, cell: ({ atMs }) => span(timeOfDay(atMs), 'muted'), sortBy: ({ atMs }) => atMs },
  {
    title: 'What',
    width: 40,
    grow: 1,
    cell: ({ severity, text }) => span(`${severities[severity].sign} ${sanitize(text)}`, severities[severity].tone),
  },
];
