/** A service, and an instance of it, as table rows. */
import type { ServiceEntry } from '../../client/index.ts';
import type { Subject } from '../filter.ts';
import { count } from '../format.ts';
import { type CheckState, checkState, countChecks, stateRank, worstState } from '../models/check.ts';
import { instanceCount, type ServiceHealth } from '../models/service-health.ts';
import { type Span, sanitize, span } from '../text.ts';
import type { Column } from './column.ts';
import { checkStates, stateCell } from './state.ts';

const number =
  (state: CheckState) =>
  (row: ServiceHealth): Span => {
    const value = row.instances[state];
    return span(value === 0 ? '–' : count(value), value === 0 ? 'muted' : checkStates[state].tone, { bold: value > 0 });
  };

const numberColumn = (title: string, state: CheckState): Column<ServiceHealth> => ({
  title,
  width: 6,
  align: 'right',
  cell: number(state),
  sortBy: ({ instances }) => -instances[state],
});

export const serviceColumns: readonly Column<ServiceHealth>[] = [
  {
    title: 'State',
    width: 13,
    cell: (row) => stateCell(checkStates[row.state], row.state),
    sortBy: ({ state }) => stateRank[state],
  },
  { title: 'Service', width: 18, grow: 3, cell: ({ name }) => span(sanitize(name), 'plain', { bold: true }) },
  {
    title: 'Checked',
    width: 7,
    align: 'right',
    cell: (row) => span(count(instanceCount(row))),
    sortBy: (row) => -instanceCount(row),
  },
  numberColumn('Pass', 'passing'),
  numberColumn('Warn', 'warning'),
  numberColumn('Crit', 'critical'),
  { ...numberColumn('Maint', 'maintenance'), from: 90 },
  { title: 'Tags', width: 10, grow: 4, from: 70, cell: ({ tags }) => span(sanitize(tags.join(' ')), 'muted') },
];

export function serviceSubject({ name, tags, state }: ServiceHealth): Subject {
  return { text: `${name} ${state}`, state, tags };
}

export const instanceState = ({ Checks }: ServiceEntry): CheckState => worstState(Checks);

/** The address the service is reached at: its own, else its node's. */
export function instanceAddress({ Node, Service }: ServiceEntry): string {
  const host = Service.Address || Node.Address;
  const shown = host.includes(':') ? `[${host}]` : host;
  return Service.Port > 0 ? `${shown}:${Service.Port}` : shown;
}

function weights({ Service }: ServiceEntry): string {
  const { Weights } = Service as { readonly Weights?: { readonly Passing: number; readonly Warning: number } };
  return Weights === undefined ? '' : `${Weights.Passing}/${Weights.Warning}`;
}

export const instanceColumns: readonly Column<ServiceEntry>[] = [
  {
    title: 'State',
    width: 13,
    cell: (row) => stateCell(checkStates[instanceState(row)], instanceState(row)),
    sortBy: (row) => stateRank[instanceState(row)],
  },
  { title: 'Instance', width: 14, grow: 3, cell: ({ Service }) => span(sanitize(Service.ID), 'plain', { bold: true }) },
  { title: 'Node', width: 10, grow: 2, cell: ({ Node }) => span(sanitize(Node.Node), 'value') },
  { title: 'Address', width: 14, grow: 2, cell: (row) => span(sanitize(instanceAddress(row))) },
  {
    title: 'Checks',
    width: 11,
    from: 66,
    cell({ Checks }) {
      const { passing, warning, critical, maintenance } = countChecks(Checks);
      const bad = warning + critical + maintenance;
      return span(`${passing} ok${bad > 0 ? ` ${bad} not` : ''}`, bad > 0 ? 'warn' : 'muted');
    },
  },
  { title: 'Weights', width: 7, from: 110, cell: (row) => span(weights(row), 'muted') },
  {
    title: 'Tags',
    width: 8,
    grow: 3,
    from: 76,
    cell: ({ Service }) => span(sanitize((Service.Tags ?? []).join(' ')), 'muted'),
  },
];

export function instanceSubject(entry: ServiceEntry): Subject {
  const { Node, Service } = entry;
  return {
    text: `${Service.ID} ${Node.Node} ${instanceAddress(entry)}`,
    state: instanceState(entry),
    tags: Service.Tags ?? [],
  };
}

export function instanceOrder(a: ServiceEntry, b: ServiceEntry): number {
  return stateRank[instanceState(a)] - stateRank[instanceState(b)] || (a.Node.Node < b.Node.Node ? -1 : 1);
}

/** Its checks, each with the first line of its output. */
export const notPassing = ({ Checks }: ServiceEntry) => Checks.filter((check) => checkState(check) !== 'passing');
