/** Intentions: who may talk to whom, in the order in which they are asked. */
import type { Intention } from '../../../client/intentions.ts';
import { type Action, shellLine } from '../../app/actions.ts';
import type { Column } from '../../rows/column.ts';
import * as queries from '../../source/queries.ts';
import { sanitize, span } from '../../text.ts';
import { signs } from '../../theme.ts';
import { tablePage } from '../table-page.ts';
import type { ViewContext, ViewDefinition } from '../view.ts';

export const intentionsView: ViewDefinition = {
  id: 'intentions',
  title: 'Intentions',
  aliases: ['int', 'ixn'],
  help: 'Who may talk to whom',
  open(context, argument) {
    const feed = context.feed(queries.intentions);
    const page = tablePage<Intention>(context, {
      crumb: 'Intentions',
      noun: 'intention',
      rows: feed,
      run: feed.run,
      keyOf: nameOf,
      columns,
      subject: (intention) => ({
        text: `${nameOf(intention)} ${intention.Description ?? ''}`,
        state: actionOf(intention),
      }),
      order: (a, b) => (b.Precedence ?? 0) - (a.Precedence ?? 0) || (nameOf(a) < nameOf(b) ? -1 : 1),
      name: nameOf,
      raw: (intention) => intention,
      actions: (rows) => [...rows.map((row) => remove(context, row)), create(context)],
      empty: 'no intentions: the default of the ACLs decides',
    });
    page.filter?.set(argument);
    return page;
  },
};

const nameOf = ({ SourceName, DestinationName }: Intention): string => `${SourceName} → ${DestinationName}`;
const actionOf = ({ Action: action, Permissions }: Intention): string =>
  action || ((Permissions ?? []).length > 0 ? 'by request' : '');

const columns: readonly Column<Intention>[] = [
  {
    title: 'Action',
    width: 12,
    cell(intention) {
      const action = actionOf(intention);
      if (action === 'allow') return span(`${signs.good} allow`, 'good');
      return action === 'deny' ? span(`${signs.bad} deny`, 'bad') : span(`${signs.warn} ${action}`, 'warn');
    },
  },
  {
    title: 'Source',
    width: 16,
    grow: 2,
    cell: ({ SourceName }) => span(sanitize(SourceName), 'plain', { bold: true }),
  },
  {
    title: 'Destination',
    width: 16,
    grow: 2,
    cell: ({ DestinationName }) => span(sanitize(DestinationName), 'plain', { bold: true }),
  },
  {
    title: 'Precedence',
    width: 10,
    align: 'right',
    cell: ({ Precedence }) => span(String(Precedence ?? ''), 'muted'),
    sortBy: ({ Precedence }) => -(Precedence ?? 0),
  },
  {
    title: 'Description',
    width: 12,
    grow: 3,
    from: 80,
    cell: ({ Description }) => span(sanitize(Description ?? ''), 'muted'),
  },
];

const exact = '/v1/connect/intentions/exact';

function remove({ source }: ViewContext, intention: Intention): Action {
  const { SourceName, DestinationName } = intention;
  return {
    title: `Delete ${nameOf(intention)}`,
    warning: 'Connections are decided by the next one that fits, or by the default.',
    command: () => shellLine('tc', 'intention', 'delete', SourceName, DestinationName),
    async run(_values, signal) {
      await source.write(
        { method: 'DELETE', path: exact, params: { source: SourceName, destination: DestinationName } },
        signal,
      );
      return `${nameOf(intention)} is deleted`;
    },
  };
}

function create({ source }: ViewContext): Action {
  return {
    title: 'Create an intention',
    fields: [
      { name: 'from', label: 'Source', hint: 'a service, or *', required: true },
      { name: 'to', label: 'Destination', hint: 'a service, or *', required: true },
      { name: 'action', label: 'Action', initial: 'allow', hint: 'allow or deny', required: true },
    ],
    command: ({ from = '', to = '', action = '' }) =>
      shellLine('tc', 'intention', 'create', action === 'deny' ? '-deny' : '-allow', from, to),
    async run({ from = '', to = '', action = '' }, signal) {
      const params = { source: from, destination: to };
      await source.write(
        { method: 'PUT', path: exact, params, body: { SourceType: 'consul', Action: action } },
        signal,
      );
      return `${from} → ${to}: ${action}`;
    },
  };
}
