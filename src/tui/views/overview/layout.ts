/** How the overview shares out a screen. Pure numbers, so that every size from 80x24 up can be tested at once. */

export interface OverviewLayout {
  /** Widths of the two columns of panels. */
  readonly columns: readonly number[];
  readonly factsHeight: number;
  /** Widths of the charts in a row: two, or all four where there is room. */
  readonly chartColumns: readonly number[];
  readonly chartRows: number;
  readonly chartHeight: number;
  /** Servers above events, or both next to each other and then of the same height. */
  readonly sideBySide: boolean;
  readonly serversHeight: number;
  /** 0: no room for events. */
  readonly eventsHeight: number;
}

/** Fact panels: six lines and a frame. */
const factsLines = 8;
const shortestChart = 5;
const tallestChart = 14;
const shortestEvents = 4;
const wideFrom = 160;

export function overviewLayout(width: number, height: number, servers: number): OverviewLayout {
  const sideBySide = width >= wideFrom;
  const factsHeight = Math.min(factsLines, height);
  const rest = height - factsHeight;
  // With a frame and a header line; at least one row, which may say that there is none.
  const wantedServers = Math.max(servers, 1) + 3;
  const chartColumns = split(width, sideBySide ? 4 : 2);
  const below = wantedServers + (sideBySide ? 0 : shortestEvents);
  // All four charts where two rows leave room for the lists below, else the two that matter most.
  const chartRows = sideBySide || rest - below < 2 * shortestChart ? 1 : 2;
  const chartHeight = chartHeightOf(rest, chartRows, wantedServers);
  const listsHeight = Math.max(0, rest - chartRows * chartHeight);
  const room = listsHeight - wantedServers;
  const eventsHeight = sideBySide ? listsHeight : room >= shortestEvents ? room : 0;
  return {
    columns: split(width, 2),
    factsHeight,
    chartColumns,
    chartRows,
    chartHeight,
    sideBySide,
    serversHeight: sideBySide ? listsHeight : listsHeight - eventsHeight,
    eventsHeight,
  };
}

/** A third of the room, never so tall that the servers are cut, never too short to tell anything. */
function chartHeightOf(rest: number, rows: number, wantedServers: number): number {
  const most = Math.floor((rest - wantedServers) / rows);
  const third = Math.max(shortestChart, Math.min(tallestChart, Math.floor(rest / 2.5 / rows)));
  const height = Math.min(third, most);
  // A few lines too many are better in a chart than in a list of events that is too short to be shown.
  const left = rest - height * rows - wantedServers;
  const fitted = left > 0 && left < shortestEvents ? height + Math.floor(left / rows) : height;
  return fitted >= 3 ? fitted : Math.max(0, Math.min(shortestChart, rest));
}

/** Whole cells that add up to the width. */
export function split(width: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, index) => Math.floor((width + parts - 1 - index) / parts));
}
