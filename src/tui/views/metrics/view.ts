/** Every metric of the agent; the one under the cursor as a curve. `p` pins it to the first page. */
import type { AgentMetrics } from '../../../client/index.ts';
import { lineChart } from '../../components/line-chart.ts';
import { age, bytes, compact } from '../../format.ts';
import { mapResource } from '../../models/feed.ts';
import { metricHistories } from '../../models/metric-history.ts';
import { type MetricReading, metricReadings } from '../../models/metrics.ts';
import { derived } from '../../models/store.ts';
import type { Column } from '../../rows/column.ts';
import { type Line, sanitize, span, truncateStart } from '../../text.ts';
import { signs } from '../../theme.ts';
import { tablePage } from '../table-page.ts';
import type { Page, ViewContext, ViewDefinition } from '../view.ts';

export const metricsView: ViewDefinition = {
  id: 'metrics',
  title: 'Metrics',
  aliases: ['met', 'telemetry'],
  help: "The agent's metrics, plotted",
  open: openMetrics,
};

/** The agent's sink completes an interval every ten seconds. */
const intervalMs = 10_000;

/** Metrics carry no units; their names do. */
function unitOf({ name, kind }: MetricReading): (value: number) => string {
  if (/bytes/.test(name)) return (value) => bytes(Math.round(value));
  if (kind === 'counter') return (value) => `${compact(value)}/s`;
  // Timers are told in milliseconds.
  return kind === 'sample' ? (value) => `${compact(value)} ms` : compact;
}

function openMetrics(context: ViewContext, argument: string): Page {
  const { datacenter, pinned } = context;
  const { metrics } = datacenter.feeds;
  const histories = metricHistories(context);
  const page = tablePage<MetricReading>(context, {
    crumb: 'Metrics',
    noun: 'metric',
    rows: derived([metrics], (resource) => mapResource(resource, (value: AgentMetrics) => metricReadings(value))),
    run: async () => {},
    keyOf: ({ name }) => name,
    columns: metricColumns((name) => pinned.get().includes(name)),
    subject: ({ name, kind }) => ({ text: name, state: kind }),
    name: ({ name }) => name,
    raw: ({ raw }) => raw,
    scopes: ['metrics'],
    handle(command, row) {
      if (command !== 'pin' || row === undefined) return false;
      pinned.toggle(row.name);
      const now = pinned.get().includes(row.name);
      context.say({ text: now ? `${row.name} is on Pulse` : `${row.name} is off Pulse`, tone: 'good' });
      return true;
    },
    detail(reading, { width, height }) {
      const show = unitOf(reading);
      const samples = histories.get().get(reading.name) ?? [];
      const lines =
        samples.length === 0
          ? [[span(`${signs.busy} the first interval is not over yet`, 'muted')]]
          : lineChart(samples, {
              width,
              height,
              tone: 'accent',
              show,
              showAge: (count) => `-${age(count * intervalMs)}`,
            });
      return { title: chartTitle(reading, show, width), lines };
    },
    summary: () => [span('the agent completes an interval every 10 s', 'muted')],
    also: [histories, pinned],
  });
  page.filter?.set(argument);
  return page;
}

function chartTitle(reading: MetricReading, show: (value: number) => string, width: number): Line {
  return [
    span(truncateStart(sanitize(reading.name), Math.max(10, width - 20)), 'plain', { bold: true }),
    span(` ${show(reading.value)}`, 'accent', { bold: true }),
  ];
}

function metricColumns(isPinned: (name: string) => boolean): readonly Column<MetricReading>[] {
  const number = (
    title: string,
    value: (reading: MetricReading) => number | undefined,
    from = 0,
  ): Column<MetricReading> => ({
    title,
    width: 9,
    align: 'right',
    from,
    cell(reading) {
      const each = value(reading);
      return span(each === undefined ? '' : compact(each), title === 'Value' ? 'plain' : 'muted', {
        bold: title === 'Value',
      });
    },
    sortBy: (reading) => -(value(reading) ?? Number.NEGATIVE_INFINITY),
  });
  return [
    {
      title: 'Metric',
      width: 30,
      grow: 1,
      cell: ({ name }) =>
        span(`${isPinned(name) ? `${signs.pin} ` : ''}${sanitize(name)}`, isPinned(name) ? 'accent' : 'plain'),
    },
    { title: 'Kind', width: 7, cell: ({ kind }) => span(kind, 'muted') },
    number('Value', ({ value }) => value),
    number('Count', ({ count }) => count, 70),
    number('Min', ({ min }) => min, 100),
    number('Max', ({ max }) => max, 100),
  ];
}
