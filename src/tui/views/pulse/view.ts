/** The first page: the datacenter at a glance, and the three worst things, each one key away. */
import { framed, innerSize } from '../../components/frame.ts';
import { linkExplanation } from '../../components/link.ts';
import { table } from '../../components/table.ts';
import { timeOfDay } from '../../format.ts';
import type { DatacenterSnapshot } from '../../models/datacenter.ts';
import { newestIndex } from '../../models/overview.ts';
import { type Problem, problemsOf } from '../../models/problems.ts';
import { type ServiceHealth, serviceHealth } from '../../models/service-health.ts';
import { sightOf } from '../../models/sight.ts';
import { derived, subscribeAll } from '../../models/store.ts';
import { serverColumns } from '../../rows/server-row.ts';
import { severities } from '../../rows/state.ts';
import { cellWidth, type Line, sanitize, span, truncateBeforeArrow } from '../../text.ts';
import { signs } from '../../theme.ts';
import { beside, type Drawing, type Page, type Size, type ViewContext, type ViewDefinition } from '../view.ts';
import { chartPanel, loadPanels, pinnedPanels } from './charts.ts';
import { pulseLayout } from './layout.ts';
import { overviewJson, overviewText } from './printout.ts';
import { checksTile, drawTile, leaderTile, membersTile, servicesTile } from './tiles.ts';

export const pulseView: ViewDefinition = {
  id: 'pulse',
  title: 'Pulse',
  aliases: ['p', 'overview', 'home'],
  help: 'The datacenter at a glance, the worst first',
  open: openPulse,
};

const problemKeys = ['a', 'b', 'c'] as const;

function openPulse(context: ViewContext): Page {
  const { datacenter, pinned } = context;
  const { services, checks } = datacenter.feeds;
  const health = derived([services, checks], ({ value: names = {} }, { value: all = [] }) => serviceHealth(names, all));
  const problems = derived([datacenter, health], problemsOf);
  const plots = pinnedPanels(context);

  return {
    crumb: 'Pulse',
    scopes: () => ['pulse'],
    subscribe: subscribeAll([datacenter, pinned, plots]),
    // The datacenter model always runs: the header lives on it too.
    run: async () => {},
    handle(command) {
      const index = ['problem-1', 'problem-2', 'problem-3'].indexOf(command);
      const problem = problems.get()[index];
      if (problem !== undefined) context.go(problem.view, problem.argument);
      return index !== -1;
    },
    draw: (drawing) => drawPulse(drawing),
    printout() {
      const { overview, ...parts } = datacenter.get();
      const { agent, leader, members, raft, autopilot, metrics } = parts;
      const all = [agent, leader, members, raft, autopilot, parts.services, parts.checks, metrics];
      const down = all.flatMap(({ link }) =>
        'failure' in link && link.failure.kind === 'unavailable' ? [link.failure] : [],
      );
      return {
        ready: all.every(({ value, link }) => value !== undefined || 'failure' in link),
        failure: down[0]?.message,
        text: () => overviewText(overview),
        json: () => overviewJson(overview),
      };
    },
  };

  function drawPulse({ width, height, nowMs }: Drawing): Line[] {
    const snapshot = datacenter.get();
    const layout = pulseLayout(width, height, snapshot.overview.servers.length, pinned.get().length);
    const lines = problemsPanel(problems.get(), snapshot, { width, height: layout.problemsHeight }, nowMs);
    lines.push(...tiles(snapshot, health.get(), layout.tileWidths, layout.tilesHeight, nowMs));
    const panels = loadPanels(snapshot);
    const row = (plotted: ReturnType<typeof loadPanels>, rowHeight: number) =>
      beside(
        ...layout.chartWidths.map((columnWidth, column) => {
          const size = { width: columnWidth, height: rowHeight };
          const plot = plotted[column];
          return plot === undefined
            ? framed([], { title: [], ...size })
            : chartPanel(plot, snapshot.metrics, size, nowMs);
        }),
      );
    if (layout.chartsHeight > 0) lines.push(...row(panels, layout.chartsHeight));
    if (layout.pinnedHeight > 0) lines.push(...row(plots.get(), layout.pinnedHeight));
    const [left = width, right = 0] = layout.sideBySide
      ? [Math.ceil(width / 2), Math.floor(width / 2)]
      : [width, width];
    const servers = serversPanel(snapshot, { width: left, height: layout.serversHeight }, nowMs);
    const events = eventsPanel(snapshot, { width: right, height: layout.eventsHeight });
    return [...lines, ...(layout.sideBySide ? beside(servers, events) : [...servers, ...events])];
  }
}

function problemsPanel(problems: readonly Problem[], snapshot: DatacenterSnapshot, size: Size, nowMs: number): Line[] {
  const { height } = innerSize(size.width, size.height);
  const shown = problems.slice(0, Math.min(height, problemKeys.length));
  const more = problems.length - shown.length;
  const lines = shown.map(({ severity, text }, index): Line => {
    const { sign, tone } = severities[severity];
    return [
      span(`${problemKeys[index]} `, 'accent', { bold: true }),
      span(`${sign} `, tone, { bold: true }),
      span(sanitize(text), severity === 'bad' ? 'bad' : 'plain', { bold: severity === 'bad' }),
    ];
  });
  return framed(lines.length > 0 ? lines : allIsWell(snapshot, nowMs), {
    title: [span('Right now', 'plain', { bold: true })],
    note: more > 0 ? [span(`${more} more`, 'warn')] : [],
    ...size,
    ...(problems[0] !== undefined && { tone: severities[problems[0].severity].tone }),
  });
}

/** Nothing is known to be wrong; what is not known is said. */
function allIsWell(snapshot: DatacenterSnapshot, nowMs: number): Line[] {
  const { leader, checks, members } = snapshot;
  const unknown = linkExplanation(leader, nowMs) ?? linkExplanation(checks, nowMs) ?? linkExplanation(members, nowMs);
  if (unknown !== undefined) return [unknown];
  if (leader.value === undefined || checks.value === undefined)
    return [[span(`${signs.busy} asking the agent …`, 'muted')]];
  const sight = sightOf(snapshot);
  if (sight?.isBlind) {
    return [
      [span(`${signs.denied} This token sees nothing`, 'bad', { bold: true })],
      [span('  Come back with one that may: -token, -token-file or CONSUL_HTTP_TOKEN.', 'muted')],
    ];
  }
  if (sight !== undefined && sight.hidden.length > 0) {
    return [
      [span(`${signs.denied} Nothing wrong in what this token sees`, 'warn', { bold: true })],
      [span(`  Hidden from it, all or some: ${sight.hidden.join(', ')}.`, 'muted')],
    ];
  }
  return [
    [span(`${signs.good} All is well`, 'good', { bold: true })],
    [span('  Nothing failed, nothing critical, nothing warns.', 'muted')],
  ];
}

function tiles(
  snapshot: DatacenterSnapshot,
  health: readonly ServiceHealth[],
  widths: readonly number[],
  height: number,
  nowMs: number,
): Line[] {
  const inner = innerSize(widths[0]!, height).width;
  const all = [
    leaderTile(snapshot, nowMs),
    membersTile(snapshot, inner, nowMs),
    servicesTile(snapshot, health, inner, nowMs),
    checksTile(snapshot, inner, nowMs),
  ];
  return beside(...all.map((tile, index) => drawTile(tile, { width: widths[index]!, height })));
}

function serversPanel(snapshot: DatacenterSnapshot, size: Size, nowMs: number): Line[] {
  const { overview, raft, members } = snapshot;
  const inner = innerSize(size.width, size.height);
  const list = { rows: overview.servers, index: 0, offset: 0 };
  const lines =
    overview.servers.length > 0
      ? table({ columns: serverColumns(() => newestIndex(overview.servers)), list, ...inner, focused: false })
      : [linkExplanation(members, nowMs) ?? linkExplanation(raft, nowMs) ?? [span('looking for servers …', 'muted')]];
  return framed(lines, { title: [span('Servers', 'plain', { bold: true })], ...size });
}

function eventsPanel({ events }: DatacenterSnapshot, size: Size): Line[] {
  if (size.height <= 0) return [];
  const inner = innerSize(size.width, size.height);
  const lines = events.slice(0, inner.height).map(({ atMs, severity, text }): Line => {
    const { sign, tone } = severities[severity];
    const [time, mark] = [`${timeOfDay(atMs)} `, `${sign} `];
    const room = inner.width - cellWidth(time + mark);
    return [span(time, 'muted'), span(mark, tone), span(truncateBeforeArrow(sanitize(text), room))];
  });
  if (lines.length === 0) lines.push([span('nothing has happened yet', 'muted')]);
  return framed(lines, { title: [span('Events', 'plain', { bold: true })], ...size });
}
