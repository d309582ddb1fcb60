/** View 1: the datacenter on one page. */
import { chart, niceTop } from '../../components/chart.ts';
import { framed, innerSize } from '../../components/frame.ts';
import { linkExplanation } from '../../components/link.ts';
import { table } from '../../components/table.ts';
import { age, bytes, latency, rate, timeOfDay } from '../../format.ts';
import { type DatacenterModel, type DatacenterSnapshot, sampleMs } from '../../models/datacenter.ts';
import type { Severity } from '../../models/events.ts';
import type { History } from '../../models/history.ts';
import { newestIndex } from '../../models/overview.ts';
import { serverColumns } from '../../rows/server-row.ts';
import { type Line, sanitize, span, type Tone } from '../../text.ts';
import { signs } from '../../theme.ts';
import { beside, type Drawing, type Size, type View } from '../view.ts';
import { clusterFacts, raftFacts } from './facts.ts';
import { overviewLayout } from './layout.ts';

export function overviewView(datacenter: DatacenterModel): View {
  return {
    id: 'overview',
    title: 'Overview',
    scopes: [],
    subscribe: datacenter.subscribe,
    // The datacenter model always runs: the header lives on it too.
    run: async () => {},
    handle: () => false,
    draw: (drawing) => drawOverview(datacenter.get(), drawing),
  };
}

function drawOverview(snapshot: DatacenterSnapshot, { width, height, nowMs }: Drawing): Line[] {
  const layout = overviewLayout(width, height, snapshot.overview.servers.length);
  const [leftWidth = width, rightWidth = 0] = layout.columns;
  const left = { width: leftWidth, height: layout.factsHeight };
  const right = { width: rightWidth, height: layout.factsHeight };
  const lines = beside(
    framed(clusterFacts(snapshot, nowMs, innerSize(leftWidth, 0).width), { title: title('Cluster'), ...left }),
    framed(raftFacts(snapshot, nowMs), { title: title('Raft'), ...right }),
  );
  const charts = chartPanels(snapshot);
  for (let row = 0; row < layout.chartRows && layout.chartHeight > 0; row++) {
    lines.push(
      ...beside(
        ...layout.chartColumns.map((columnWidth, column) =>
          chartPanel(
            charts[row * layout.chartColumns.length + column]!,
            snapshot,
            { width: columnWidth, height: layout.chartHeight },
            nowMs,
          ),
        ),
      ),
    );
  }
  if (layout.sideBySide) {
    lines.push(
      ...beside(
        serversPanel(snapshot, { width: leftWidth, height: layout.serversHeight }, nowMs),
        eventsPanel(snapshot, { width: rightWidth, height: layout.eventsHeight }),
      ),
    );
  } else {
    lines.push(...serversPanel(snapshot, { width, height: layout.serversHeight }, nowMs));
    if (layout.eventsHeight > 0) lines.push(...eventsPanel(snapshot, { width, height: layout.eventsHeight }));
  }
  return lines;
}

function title(text: string): Line {
  return [span(text, 'plain', { bold: true })];
}

interface ChartPanel {
  readonly title: string;
  readonly history: History;
  readonly tone: Tone;
  readonly show: (value: number) => string;
  /** Scale from zero to a round number, or to the highest value seen (memory). */
  readonly round: boolean;
}

function chartPanels({ history }: DatacenterSnapshot): readonly ChartPanel[] {
  return [
    { title: 'Requests', history: history.httpPerSecond, tone: 'accent', show: rate, round: true },
    { title: 'Commits', history: history.commitsPerSecond, tone: 'good', show: rate, round: true },
    { title: 'Commit time', history: history.commitMeanMs, tone: 'info', show: latency, round: true },
    { title: 'Memory', history: history.allocatedBytes, tone: 'value', show: bytes, round: false },
  ];
}

function chartPanel(panel: ChartPanel, { metrics }: DatacenterSnapshot, size: Size, nowMs: number): Line[] {
  const inner = innerSize(size.width, size.height);
  const { history, tone, show } = panel;
  const shown = history.slice(-inner.width * 2);
  const now = shown.at(-1);
  const highest = Math.max(0, ...shown);
  const top = panel.round ? niceTop(highest) : highest * 1.25;
  const lines = chart(shown, { ...inner, tone, top });
  if (shown.length === 0) lines[0] = linkExplanation(metrics, nowMs) ?? [span('measuring …', 'muted')];
  return framed(lines, {
    title: [
      span(panel.title, 'plain', { bold: true }),
      ...(now === undefined ? [] : [span(' '), span(show(now), tone, { bold: true })]),
    ],
    note: shown.length === 0 ? [] : [span(`top ${show(top)}`, 'muted')],
    footnote: [span(age(inner.width * 2 * sampleMs), 'muted')],
    ...size,
  });
}

function serversPanel(snapshot: DatacenterSnapshot, size: Size, nowMs: number): Line[] {
  const { overview, raftServers, members } = snapshot;
  const inner = innerSize(size.width, size.height);
  const list = { rows: overview.servers, index: 0, offset: 0 };
  const lines =
    overview.servers.length > 0
      ? table({ columns: serverColumns(newestIndex(overview.servers)), list, ...inner, focused: false })
      : [
          linkExplanation(members, nowMs) ??
            linkExplanation(raftServers, nowMs) ?? [span('looking for servers …', 'muted')],
        ];
  return framed(lines, { title: title('Servers'), ...size });
}

const severities: Readonly<Record<Severity, { readonly sign: string; readonly tone: Tone }>> = {
  good: { sign: signs.good, tone: 'good' },
  info: { sign: signs.off, tone: 'muted' },
  warn: { sign: signs.warn, tone: 'warn' },
  bad: { sign: signs.bad, tone: 'bad' },
};

function eventsPanel({ events }: DatacenterSnapshot, size: Size): Line[] {
  const lines = events.slice(0, size.height).map(({ atMs, severity, text }): Line => {
    const { sign, tone } = severities[severity];
    return [span(`${timeOfDay(atMs)} `, 'muted'), span(`${sign} `, tone), span(sanitize(text))];
  });
  return framed(lines.length > 0 ? lines : [[span('nothing has happened since the dashboard was opened', 'muted')]], {
    title: title('Events'),
    ...size,
  });
}
