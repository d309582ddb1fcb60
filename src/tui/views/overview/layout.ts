/** How the overview shares out a screen. Pure numbers, so that every size from 80x24 up can be tested at once. */

export interface OverviewLayout {
  /** Widths of the columns of panels; they add up to the width of the screen. */
  readonly columns: readonly number[];
  readonly factsHeight: number;
  /** Rows of charts and the height of each. */
  readonly chartRows: number;
  readonly chartHeight: number;
  readonly serversHeight: number;
  readonly eventsHeight: number;
  /** Servers and events next to each other. */
  readonly sideBySide: boolean;
}

/** Lines of the fact panels with their frame. */
const factsLines = 8;
const shortestChart = 5;
const tallestChart = 12;

export function overviewLayout(width: number, height: number, servers: number): OverviewLayout {
  const columns = split(width, 2);
  const factsHeight = Math.min(factsLines, height);
  const sideBySide = width >= 160;
  let rest = height - factsHeight;
  const wantedServers = Math.max(4, servers + 3);
  const serversHeight =
    rest < 4 + shortestChart ? Math.min(rest, wantedServers) : Math.min(wantedServers, rest - shortestChart);
  const wantedBelow = serversHeight + (sideBySide ? 4 : 4);
  // A second row of charts comes before a tall first one; events get what neither charts nor servers need.
  const chartRows = rest - wantedBelow >= 2 * (shortestChart + 1) ? 2 : 1;
  const forCharts = Math.max(0, rest - (sideBySide ? Math.max(serversHeight, 8) : wantedBelow));
  let chartHeight = Math.min(tallestChart, Math.floor(forCharts / chartRows));
  // Little room: a chart as tall as possible, and no events.
  if (chartHeight < shortestChart) chartHeight = Math.max(0, rest - serversHeight);
  // Much room: a third for charts is enough, the story below wants the rest.
  else if (!sideBySide)
    chartHeight = Math.min(chartHeight, Math.max(shortestChart, Math.floor(rest / 3 / chartRows) + 1));
  rest -= chartHeight * chartRows;
  if (sideBySide) {
    return { columns, factsHeight, chartRows, chartHeight, serversHeight: rest, eventsHeight: rest, sideBySide };
  }
  const eventsHeight = rest - serversHeight >= 3 ? rest - serversHeight : 0;
  return {
    columns,
    factsHeight,
    chartRows,
    chartHeight,
    serversHeight: rest - eventsHeight,
    eventsHeight,
    sideBySide,
  };
}

/** Whole cells, the left ones one wider if need be. */
export function split(width: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, index) => Math.floor((width + parts - 1 - index) / parts));
}
