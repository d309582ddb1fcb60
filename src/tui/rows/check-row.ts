/** A health check as a table row, and its output in full. */
import type { HealthCheck } from '../../client/index.ts';
import type { Subject } from '../filter.ts';
import { checkState, stateRank } from '../models/check.ts';
import { type Line, sanitize, span, wrap } from '../text.ts';
import type { Column } from './column.ts';
import { checkStates, stateCell } from './state.ts';

/** The first line says most; what programs print between is not worth a row. */
const firstLine = (output: string): string => sanitize(/\S[^\n]*/.exec(output)?.[0] ?? '');

const column = {
  state: {
    title: 'State',
    width: 13,
    cell: (check) => stateCell(checkStates[checkState(check)], checkState(check)),
    sortBy: (check) => stateRank[checkState(check)],
  },
  name: { title: 'Check', width: 14, grow: 3, cell: ({ Name }) => span(sanitize(Name), 'plain', { bold: true }) },
  service: {
    title: 'Service',
    width: 10,
    grow: 2,
    cell: ({ ServiceName, ServiceID }) => span(sanitize(ServiceName === '' ? '–' : ServiceID || ServiceName), 'value'),
  },
  node: { title: 'Node', width: 10, grow: 2, cell: ({ Node }) => span(sanitize(Node), 'value') },
  type: { title: 'Type', width: 6, from: 110, cell: ({ Type }) => span(sanitize(Type ?? ''), 'muted') },
  output: { title: 'Output', width: 12, grow: 6, from: 70, cell: ({ Output }) => span(firstLine(Output), 'muted') },
} satisfies Record<string, Column<HealthCheck>>;

export const checkColumns: readonly Column<HealthCheck>[] = [
  column.state,
  column.name,
  column.service,
  column.node,
  column.type,
  column.output,
];

/** On a page about one node, or one instance, the rest is known. */
export const nodeCheckColumns: readonly Column<HealthCheck>[] = [
  column.state,
  column.name,
  column.service,
  column.type,
  column.output,
];

export function byTrouble(a: HealthCheck, b: HealthCheck): number {
  return (
    stateRank[checkState(a)] - stateRank[checkState(b)] ||
    (a.ServiceName < b.ServiceName ? -1 : a.ServiceName > b.ServiceName ? 1 : a.Node < b.Node ? -1 : 1)
  );
}

export function checkSubject(check: HealthCheck): Subject {
  const { Name, CheckID, Node, ServiceName, ServiceID, Output, ServiceTags } = check;
  return {
    text: `${Name} ${CheckID} ${Node} ${ServiceName} ${ServiceID} ${Output.slice(0, 500)}`,
    state: checkState(check),
    tags: ServiceTags ?? [],
  };
}

/** Colours that a check's program printed. */
const ansi = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;

/** Output of any program: without its colours, safe, and wrapped. */
export function outputLines(output: string, width: number): Line[] {
  const text = output.replace(ansi, '').replace(/\r\n/g, '\n').replace(/\n+$/, '');
  if (text.trim() === '') return [[span('no output', 'muted')]];
  return text.split('\n').flatMap((line) => wrap(sanitize(line), width).map((row): Line => [span(row)]));
}

export function checkDetail(
  check: HealthCheck,
  width: number,
): { readonly title: Line; readonly lines: readonly Line[] } {
  const { sign, tone } = checkStates[checkState(check)];
  const facts: Line = [span('id ', 'muted'), span(sanitize(check.CheckID), 'value')];
  const notes = check.Notes === '' ? [] : [[span('notes ', 'muted'), span(sanitize(check.Notes))]];
  return {
    title: [span(`${sign} `, tone), span(sanitize(check.Name), 'plain', { bold: true })],
    lines: [facts, ...notes, [], ...outputLines(check.Output, width)],
  };
}
