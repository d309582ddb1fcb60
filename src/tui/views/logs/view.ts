/** The agent's log as it is written. At its end it follows; anywhere else it stands still. */
import { framed, innerSize } from '../../components/frame.ts';
import { linkBadge } from '../../components/link.ts';
import { selected } from '../../components/table.ts';
import { parseFilter } from '../../filter.ts';
import { count } from '../../format.ts';
import { createList, visibleRows } from '../../list.ts';
import { createLogsModel, type LogLine, type LogsModel } from '../../models/logs.ts';
import { createStore, subscribeAll } from '../../models/store.ts';
import { logRow } from '../../rows/log-row.ts';
import { fitLine, type Line, sanitize, span, wrap } from '../../text.ts';
import { signs } from '../../theme.ts';
import type { Page, ViewContext, ViewDefinition } from '../view.ts';

export const logsView: ViewDefinition = {
  id: 'logs',
  title: 'Logs',
  aliases: ['log', 'monitor'],
  help: "The agent's log as it is written",
  open: openLogs,
};

/** The stream goes on while other views are shown, so that nothing is missed; it ends with the dashboard. */
function openLogs(context: ViewContext, argument: string): Page {
  const logs = createLogsModel(context.source, context.clock);
  const filter = createStore(argument);
  const open = createStore(false);
  const list = createList<LogLine>({ keyOf: ({ id }) => id, sticky: true });
  let shown: { lines: readonly LogLine[]; filter: string } | undefined;
  let started = false;

  function refresh(): void {
    const { lines } = logs.get();
    const text = filter.get();
    if (shown?.lines === lines && shown?.filter === text) return;
    shown = { lines, filter: text };
    const passes = parseFilter(text);
    list.setRows(passes ? lines.filter(({ text: line, level }) => passes({ text: line, state: level })) : lines);
  }

  logs.subscribe(refresh);
  filter.subscribe(refresh);

  /** What passes the filter, into a file of this moment in the working directory. */
  async function exportLines(): Promise<void> {
    const name = `tc-top-${new Date(context.clock.wallMs()).toISOString().replace(/[:.]/g, '-')}.log`;
    const { rows } = list.get();
    try {
      await context.save(name, [Buffer.from(rows.map(({ text }) => `${text}\n`).join(''))]);
      context.say({ text: `${count(rows.length)} lines are in ${name}`, tone: 'good' });
    } catch (error) {
      context.say({ text: `${name}: ${(error as Error).message}`, tone: 'bad' });
    }
  }

  return {
    crumb: 'Logs',
    scopes: () => ['logs', 'open', 'object', 'list'],
    filter,
    subscribe: subscribeAll([logs, list, open, filter]),
    async run() {
      if (started) return;
      started = true;
      await logs.run(context.ended);
    },
    handle(command, { height }) {
      switch (command) {
        case 'more-logs':
          logs.changeLevel(1);
          return true;
        case 'fewer-logs':
          logs.changeLevel(-1);
          return true;
        case 'pause':
          logs.togglePause();
          return true;
        case 'export':
          void exportLines();
          return true;
        case 'raw':
          open.set(true);
          return true;
        case 'copy':
        case 'copy-json':
          context.copy(list.current()?.text ?? '', 'the line');
          return true;
        case 'enter':
          open.update((was) => !was);
          return true;
        case 'back':
          if (!open.get()) return false;
          open.set(false);
          return true;
        default:
          return list.handle(command, height - 2 - (open.get() ? detailHeight(height) : 0));
      }
    },
    draw({ width, height, nowMs, crumbs }) {
      const { level, link, paused, waiting } = logs.get();
      const below = open.get() ? detailHeight(height) : 0;
      const size = { width, height: height - below };
      const inner = innerSize(size.width, size.height);
      const { rows: all, index } = list.get();
      const { offset, rows } = visibleRows(list.get(), inner.height);
      const cursorShown = open.get() || index < all.length - 1;
      const lines = rows.map((row, position) => {
        const line = fitLine(logRow(row), inner.width);
        return cursorShown && offset + position === index ? selected(line) : line;
      });
      if (lines.length === 0) lines.push(...emptyLines(link, filter.get(), inner.width));
      const state: Line = paused
        ? [
            span(`${signs.paused} paused`, 'warn', { bold: true }),
            span(waiting > 0 ? ` ${count(waiting)} waiting` : '', 'muted'),
          ]
        : [
            span(index < all.length - 1 ? `${count(index + 1)}/${count(all.length)}  ` : '', 'muted'),
            linkBadge(link, nowMs),
          ];
      const panel = framed(lines, {
        title: [...crumbs, span(' '), span(level, 'accent', { bold: true }), span(' and above', 'muted')],
        note: state,
        ...size,
        focused: true,
      });
      const current = list.current();
      if (below === 0 || current === undefined)
        return panel.length === height ? panel : [...panel, ...blank(width, below)];
      return [...panel, ...detail(current, width, below)];
    },
    printout() {
      const { link, lines } = logs.get();
      return {
        ready: lines.length > 0 || 'failure' in link,
        failure: 'failure' in link ? link.failure.message : undefined,
        text: () => lines.map(({ text }) => `${sanitize(text)}\n`).join(''),
        json: () => lines,
      };
    },
  };
}

function blank(width: number, height: number): Line[] {
  return framed([], { title: [], width, height });
}

function detailHeight(height: number): number {
  return Math.min(9, Math.floor(height / 2));
}

function emptyLines(link: ReturnType<LogsModel['get']>['link'], filter: string, width: number): Line[] {
  if ('failure' in link) return wrap(sanitize(link.failure.message), width).map((row) => [span(row, 'warn')]);
  if (filter !== '') return [[span('no line passes the filter', 'muted')]];
  return [[span(link.kind === 'live' ? 'nothing was logged at this level yet' : 'opening the stream …', 'muted')]];
}

function detail(line: LogLine, width: number, height: number): Line[] {
  const inner = innerSize(width, height);
  const rows = wrap(sanitize(line.text), inner.width).map((row): Line => [span(row)]);
  return framed(rows, {
    title: [span('Line', 'plain', { bold: true })],
    footnote: [span('esc closes', 'muted')],
    width,
    height,
  });
}
