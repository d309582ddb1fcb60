/**
 * A page that is a table: filter, sorting, marks, wide mode, raw JSON, copy, actions and an optional detail pane are the
 * same everywhere. A view says only what its rows are and what they look like.
 */
import type { Action } from '../app/actions.ts';
import { framed, innerSize } from '../components/frame.ts';
import { linkBadge, linkExplanation } from '../components/link.ts';
import { positionNote } from '../components/scroll-note.ts';
import { table } from '../components/table.ts';
import { parseFilter, type Subject } from '../filter.ts';
import { count } from '../format.ts';
import type { Command, Scope } from '../keys.ts';
import { createList } from '../list.ts';
import type { Resource } from '../models/resource.ts';
import { createStore, derived, type Readable, subscribeAll } from '../models/store.ts';
import { type Column, compareBy } from '../rows/column.ts';
import { type Line, span } from '../text.ts';
import { signs } from '../theme.ts';
import { printTable } from './print-table.ts';
import { beside, type Drawing, type Page, type Size, type ViewContext } from './view.ts';

export interface TablePage<T> {
  readonly crumb: string;
  /** One row, for sentences: `member`. */
  readonly noun: string;
  /** Where it is not the noun with an s. */
  readonly plural?: string;
  readonly rows: Readable<Resource<readonly T[]>>;
  readonly run: (signal: AbortSignal) => Promise<void>;
  readonly keyOf: (row: T) => string;
  readonly columns: readonly Column<T>[];
  /** What `/` looks at. */
  readonly subject: (row: T) => Subject;
  /** Order while nobody chose a column: what needs a look first. */
  readonly order?: (a: T, b: T) => number;
  /** Name of a row, for the clipboard. */
  readonly name: (row: T) => string;
  /** The object behind a row, as the API gives it. */
  readonly raw: (row: T) => unknown;
  readonly enter?: (row: T) => void;
  /** For one row, or for several marked ones; also without any row (make one). */
  readonly actions?: (rows: readonly T[]) => readonly Action[];
  /** Lines about the row under the cursor, below the table, or beside it where there is room. */
  readonly detail?: (row: T, size: Size, nowMs: number) => { readonly title: Line; readonly lines: readonly Line[] };
  /** Words in the upper border: `3 failed`. */
  readonly summary?: (rows: readonly T[]) => Line;
  /** What is said where there is no row at all. */
  readonly empty?: string;
  readonly scopes?: readonly Scope[];
  /** Told with each drawing what the cursor is on. */
  readonly onCursor?: (row: T | undefined) => void;
  readonly handle?: (command: Command, row: T | undefined) => boolean;
  /** What the drawing depends on besides the rows. */
  readonly also?: readonly Readable<unknown>[];
}

interface Sorting {
  /** -1: the page's own order. */
  readonly column: number;
  readonly reversed: boolean;
}

/** Screens at least this wide have the detail beside the table. */
const besideFrom = 150;
/** Columns that stay when a wide table is scrolled sideways. */
const fixedColumns = 2;

export function tablePage<T>(context: ViewContext, spec: TablePage<T>): Page {
  const { columns, keyOf, rows: resource, noun } = spec;
  const many = spec.plural ?? `${noun}s`;
  const filter = createStore('');
  const sorting = createStore<Sorting>({ column: -1, reversed: false });
  const marks = createStore<ReadonlySet<string>>(new Set());
  /** All columns; of those behind the first two, how many are out of sight at the left. */
  const wide = createStore({ on: false, skipped: 0 });
  const list = createList<T>({ keyOf });

  const ordered = derived([resource, sorting], ({ value = [] }, { column, reversed }) => {
    const chosen = columns[column];
    const compare = chosen === undefined ? spec.order : compareBy(chosen);
    const rows = compare === undefined ? value : value.toSorted(compare);
    return reversed ? rows.toReversed() : rows;
  });
  const passing = derived([ordered, filter], (rows, text) => {
    const passes = parseFilter(text);
    return passes === undefined ? rows : rows.filter((row) => passes(spec.subject(row)));
  });
  const refresh = () => list.setRows(passing.get());

  /** The marked rows that still exist, else the one under the cursor. */
  function chosen(): readonly T[] {
    const marked = marks.get();
    if (marked.size > 0) return passing.get().filter((row) => marked.has(keyOf(row)));
    const row = list.current();
    return row === undefined ? [] : [row];
  }

  function mark(row: T | undefined): void {
    if (row === undefined) return;
    const key = keyOf(row);
    const next = new Set(marks.get());
    if (!next.delete(key)) next.add(key);
    marks.set(next);
  }

  function scrollColumns(step: number): void {
    const most = Math.max(0, columns.length - fixedColumns - 1);
    wide.update(({ on, skipped }) => ({ on, skipped: on ? Math.max(0, Math.min(most, skipped + step)) : 0 }));
  }

  function act(): void {
    const rows = chosen();
    const [first] = rows;
    const subject = rows.length > 1 ? `${count(rows.length)} ${many}` : first === undefined ? noun : spec.name(first);
    context.act(subject, spec.actions?.(rows) ?? []);
  }

  function handleOnRow(command: Command, row: T): boolean {
    switch (command) {
      case 'enter':
        spec.enter?.(row);
        return spec.enter !== undefined;
      case 'raw':
        context.showJson(spec.name(row), spec.raw(row));
        return true;
      case 'copy':
        context.copy(chosen().map(spec.name).join('\n'), spec.name(row));
        return true;
      case 'copy-json':
        context.copy(JSON.stringify(chosen().map(spec.raw), null, 2), `JSON of ${spec.name(row)}`);
        return true;
      default:
        return false;
    }
  }

  function detailSize({ width, height }: Size): { readonly side: boolean; readonly size: Size } | undefined {
    if (spec.detail === undefined || wide.get().on) return undefined;
    if (width >= besideFrom) return { side: true, size: { width: Math.floor(width * 0.38), height } };
    const lines = Math.min(12, Math.floor(height * 0.4));
    return lines < 5 ? undefined : { side: false, size: { width, height: lines } };
  }

  function tableHeight(size: Size): number {
    const detail = detailSize(size);
    return size.height - (detail === undefined || detail.side ? 0 : detail.size.height);
  }

  refresh();

  return {
    crumb: spec.crumb,
    filter,
    scopes: () => [
      ...(spec.scopes ?? []),
      ...(spec.enter === undefined ? [] : (['open'] as const)),
      ...(spec.actions === undefined ? [] : (['act'] as const)),
      'object',
      'table',
      'list',
    ],
    subscribe: subscribeAll([resource, list, filter, sorting, marks, wide, ...(spec.also ?? [])]),
    run: spec.run,

    handle(command, size) {
      refresh();
      const row = list.current();
      if (spec.handle?.(command, row)) return true;
      switch (command) {
        case 'back':
          if (marks.get().size === 0) return false;
          marks.set(new Set());
          return true;
        case 'sort':
          sorting.update(({ column }) => ({
            column: column + 1 === columns.length ? -1 : column + 1,
            reversed: false,
          }));
          return true;
        case 'sort-reverse':
          sorting.update(({ column, reversed }) => ({ column, reversed: !reversed }));
          return true;
        case 'wide':
          wide.update(({ on }) => ({ on: !on, skipped: 0 }));
          return true;
        case 'columns-right':
        case 'columns-left':
          scrollColumns(command === 'columns-right' ? 1 : -1);
          return true;
        case 'mark':
          mark(row);
          list.handle('down', tableHeight(size) - 3);
          return true;
        case 'mark-all':
          marks.set(new Set(passing.get().map(keyOf)));
          return true;
        case 'act':
          if (spec.actions === undefined) return false;
          act();
          return true;
        default:
          if (list.handle(command, tableHeight(size) - 3)) return true;
          return row === undefined ? false : handleOnRow(command, row);
      }
    },

    draw(drawing) {
      refresh();
      const detail = detailSize(drawing);
      const current = list.current();
      spec.onCursor?.(current);
      if (detail === undefined || spec.detail === undefined) return drawTable(drawing);
      const { side, size } = detail;
      const about =
        current === undefined
          ? { title: [], lines: [[span('nothing to show', 'muted')]] }
          : spec.detail(current, innerSize(size.width, size.height), drawing.nowMs);
      const pane = framed(about.lines, { title: about.title, ...size });
      return side
        ? beside(drawTable({ ...drawing, width: drawing.width - size.width }), pane)
        : [...drawTable({ ...drawing, height: drawing.height - size.height }), ...pane];
    },

    printout() {
      refresh();
      const { value, link } = resource.get();
      return {
        ready: value !== undefined || 'failure' in link,
        failure: value === undefined && 'failure' in link ? link.failure.message : undefined,
        text: () => printTable(columns, ordered.get()),
        json: () => ordered.get().map(spec.raw),
      };
    },
  };

  function drawTable({ width, height, nowMs, crumbs }: Drawing): Line[] {
    const { link, value } = resource.get();
    const inner = innerSize(width, height);
    const { column, reversed } = sorting.get();
    const sort = columns[column];
    const marked = marks.get();
    const lines = table({
      columns: [...columns.slice(0, fixedColumns), ...columns.slice(fixedColumns + wide.get().skipped)],
      list: list.get(),
      ...inner,
      focused: true,
      wide: wide.get().on,
      ...(sort && { sort: { column: sort, reversed } }),
      ...(marked.size > 0 && { marked: (row: T) => marked.has(keyOf(row)) }),
    });
    if (list.get().rows.length === 0) lines.push(...whyEmpty(value, nowMs));
    return framed(lines, {
      title: crumbs,
      note: [...(value === undefined ? [] : (spec.summary?.(value) ?? [])), span(' '), ...positionNote(list.get())],
      footnote: [
        ...(marked.size > 0 ? [span(`${signs.mark} ${count(marked.size)} marked  `, 'accent')] : []),
        ...(link.kind === 'live' ? [] : [linkBadge(link, nowMs)]),
      ],
      width,
      height,
      focused: true,
    });
  }

  function whyEmpty(value: readonly T[] | undefined, nowMs: number): Line[] {
    if (value === undefined) {
      const why = linkExplanation(resource.get(), nowMs);
      return [why ?? [span(`${signs.busy} asking for ${many} …`, 'muted')]];
    }
    if (value.length > 0) return [[span(`no ${noun} passes the filter`, 'muted')]];
    return [[span(spec.empty ?? `no ${many}`, 'muted')]];
  }
}
