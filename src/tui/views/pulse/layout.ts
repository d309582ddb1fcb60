/** How the first page shares out a screen. Pure numbers, so that every size can be tested at once. */

export interface PulseLayout {
  /** Lines of the panel of problems, with its frame. */
  readonly problemsHeight: number;
  readonly tilesHeight: number;
  readonly tileWidths: readonly number[];
  readonly chartsHeight: number;
  readonly chartWidths: readonly number[];
  /** 0: nothing is pinned, or there is no room. */
  readonly pinnedHeight: number;
  /** Servers above events, or both next to each other and then of the same height. */
  readonly sideBySide: boolean;
  readonly serversHeight: number;
  /** 0: no room for events. */
  readonly eventsHeight: number;
}

const tiles = 4;
const charts = 4;
const wideFrom = 110;
const tallestChart = 13;
const shortestEvents = 3;

export function pulseLayout(width: number, height: number, servers: number, pinned: number): PulseLayout {
  const sideBySide = width >= wideFrom;
  const problemsHeight = Math.min(height, height < 18 ? 3 : 5);
  const tilesHeight = Math.min(height - problemsHeight, height >= 30 ? 5 : 4);
  // With a frame and a header line; at least one row, which may say that there is none.
  const wantedServers = Math.max(servers, 1) + 3;
  const rest = Math.max(0, height - problemsHeight - tilesHeight);
  const lists = sideBySide ? wantedServers : wantedServers + shortestEvents;
  const rows = pinned > 0 && rest - lists >= 8 ? 2 : 1;
  const room = Math.floor((rest - lists) / rows);
  const wanted = Math.max(4, Math.min(tallestChart, Math.floor(rest / (2.4 * rows))));
  const fitting = Math.min(wanted, room);
  const chartsHeight = fitting >= 3 ? fitting : rest >= wantedServers + 3 ? 3 : 0;
  const pinnedHeight = rows === 2 ? chartsHeight : 0;
  const listsHeight = rest - chartsHeight - pinnedHeight;
  const left = listsHeight - wantedServers;
  const eventsHeight = sideBySide ? listsHeight : left >= shortestEvents ? left : 0;
  return {
    problemsHeight,
    tilesHeight,
    tileWidths: split(width, tiles),
    chartsHeight,
    chartWidths: split(width, charts),
    pinnedHeight,
    sideBySide,
    serversHeight: sideBySide ? listsHeight : listsHeight - eventsHeight,
    eventsHeight,
  };
}

/** Whole cells that add up to the width. */
export function split(width: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, index) => Math.floor((width + parts - 1 - index) / parts));
}
