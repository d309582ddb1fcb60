/** The KV tree at the left, the value under the cursor at the right. Enter goes into the value, esc back. */
import { framed, innerSize } from '../../components/frame.ts';
import { linkExplanation } from '../../components/link.ts';
import { scrolled } from '../../components/scroll.ts';
import { positionNote } from '../../components/scroll-note.ts';
import { selected } from '../../components/table.ts';
import { count } from '../../format.ts';
import type { Command } from '../../keys.ts';
import { createList, visibleRows } from '../../list.ts';
import { createKvModel, type KvRow, type KvSnapshot } from '../../models/kv.ts';
import { createStore, derived, subscribeAll } from '../../models/store.ts';
import { kvRow } from '../../rows/kv-row.ts';
import type { KvEntry } from '../../source/queries.ts';
import { fitLine, type Line, sanitize, span } from '../../text.ts';
import { beside, type Page, type Size, type ViewContext, type ViewDefinition } from '../view.ts';
import { deleteAction, deleteFolderAction, editEntry, putAction } from './actions.ts';
import { diffLines } from './diff.ts';
import { filterRows } from './filter-rows.ts';
import { comparableText, type ValueFormat, type ValueLines, valueFormats, valueLines } from './value.ts';
import { headLines, type KeyChange, valuePane } from './value-pane.ts';

export const kvView: ViewDefinition = {
  id: 'kv',
  title: 'KV',
  aliases: ['keys'],
  help: 'Keys as a tree, values as text, JSON or hex',
  open: openKv,
};

const keptChanges = 50;

function openKv(context: ViewContext, argument: string): Page {
  const kv = createKvModel(context.source, context.clock);
  const filter = createStore('');
  const list = createList<KvRow>({ keyOf: ({ key }) => key });
  /** The value has the keys, and its first line shown is `scroll`. */
  const reading = createStore({ focused: false, scroll: 0 });
  const format = createStore<ValueFormat>('auto');
  const changes = createStore<readonly KeyChange[] | undefined>(undefined);
  const passing = derived([kv, filter], ({ rows }, text) => filterRows(rows, text));
  let followed: KvEntry | undefined;
  let rendered: { value: Uint8Array; format: ValueFormat; width: number; lines: ValueLines } | undefined;
  let wanted: string | undefined;

  function refresh(): void {
    list.setRows(passing.get());
    goToWanted();
    select();
  }

  function select(): void {
    const row = list.current();
    const key = row?.kind === 'key' ? row.key : undefined;
    if (key !== kv.get().selected) changes.set(undefined);
    kv.select(key);
  }

  /** Opens folder after folder on the way to what `:kv app/config/x` asked for. */
  function goToWanted(): void {
    if (wanted === undefined) return;
    const target = wanted;
    const at = list.get().rows.findIndex(({ key }) => key === target || key === `${target}/`);
    if (at !== -1) {
      list.moveTo(at);
      const row = list.get().rows[at]!;
      wanted = undefined;
      if (row.kind === 'folder') kv.open(row.key);
      return;
    }
    const next = list
      .get()
      .rows.find(({ kind, key }) => kind === 'folder' && target.startsWith(key) && !kv.isOpen(key));
    if (next !== undefined) kv.open(next.key);
  }

  function lines(value: Uint8Array, width: number): ValueLines {
    const shown = format.get();
    if (rendered?.value !== value || rendered.format !== shown || rendered.width !== width) {
      rendered = { value, format: shown, width, lines: valueLines(value, shown, width) };
    }
    return rendered.lines;
  }

  /** What each change of the followed key changed, newest first. */
  function noteChange(): void {
    const entry = kv.get().entry.value;
    if (changes.get() === undefined || entry === undefined || entry.modifyIndex === followed?.modifyIndex) return;
    const text = (each: KvEntry | undefined) => (each === undefined ? '' : (comparableText(each.value) ?? '(bytes)'));
    const change = {
      atMs: context.clock.wallMs(),
      modifyIndex: entry.modifyIndex,
      lines: diffLines(text(followed), text(entry)),
    };
    followed = entry;
    changes.update((known) => known && [change, ...known].slice(0, keptChanges));
  }

  function toggleFollow(): void {
    followed = kv.get().entry.value;
    changes.update((known) => (known === undefined && kv.get().selected !== undefined ? [] : undefined));
  }

  function toggle(row: KvRow): void {
    if (row.kind === 'folder') {
      if (kv.isOpen(row.key)) kv.close(row.key);
      else kv.open(row.key);
    } else if (row.kind === 'key') reading.set({ focused: true, scroll: 0 });
  }

  /** Closes the folder under the cursor, or goes to the one that holds it. */
  function collapse(row: KvRow): void {
    if (row.kind === 'folder' && kv.isOpen(row.key)) kv.close(row.key);
    else {
      const parent = row.key.slice(0, row.key.replace(/\/$/, '').lastIndexOf('/') + 1);
      const index = list.get().rows.findIndex(({ key }) => key === parent);
      if (index !== -1) list.moveTo(index);
    }
  }

  function handleReading(command: Command, size: Size): boolean {
    const { scroll } = reading.get();
    const inner = innerSize(paneWidths(size.width).value, size.height);
    const entry = kv.get().entry.value;
    const length = entry === undefined ? 0 : lines(entry.value, inner.width).count;
    const next = scrolled(command, scroll, length, Math.max(1, inner.height - headLines));
    if (next !== undefined) reading.set({ focused: true, scroll: next });
    else if (command === 'back' || command === 'collapse') reading.set({ focused: false, scroll: 0 });
    else return command === 'enter' || command === 'expand';
    return true;
  }

  function act(row: KvRow | undefined): void {
    const entry = kv.get().entry.value;
    const folder =
      row === undefined ? '' : row.kind === 'folder' ? row.key : row.key.slice(0, row.key.lastIndexOf('/') + 1);
    const onRow = row?.kind === 'folder' ? [deleteFolderAction(context, row.key)] : [];
    const onKey = row?.kind === 'key' && entry?.key === row.key ? [deleteAction(context, entry)] : [];
    context.act(row === undefined || row.kind === 'note' ? 'KV' : row.key, [
      ...onKey,
      ...onRow,
      putAction(context, folder),
    ]);
  }

  function handleOnEntry(command: Command): boolean {
    const entry = kv.get().entry.value;
    if (command === 'follow') toggleFollow();
    else if (entry === undefined) return false;
    else if (command === 'edit') void editEntry(context, entry);
    else if (command === 'raw') context.showJson(entry.key, entry.pair);
    else if (command === 'copy') context.copy(entry.key, entry.key);
    else if (command === 'copy-json') context.copy(Buffer.from(entry.value).toString(), `the value of ${entry.key}`);
    else return false;
    return true;
  }

  kv.subscribe(noteChange);
  kv.subscribe(refresh);
  filter.subscribe(refresh);
  refresh();
  if (argument !== '') wanted = argument;

  return {
    crumb: 'KV',
    filter,
    scopes: () => ['kv', 'open', 'act', 'object', 'list'],
    subscribe: subscribeAll([kv, list, reading, format, filter, changes]),
    run: kv.run,
    handle(command, size) {
      if (command === 'value-format') {
        format.update((was) => valueFormats[(valueFormats.indexOf(was) + 1) % valueFormats.length]!);
        reading.update((state) => ({ ...state, scroll: 0 }));
        return true;
      }
      const row = list.current();
      if (command === 'act') act(row);
      else if (handleOnEntry(command)) return true;
      else if (reading.get().focused) return handleReading(command, size);
      else if (command === 'enter' || command === 'expand') {
        if (row !== undefined && (command === 'enter' || row.kind !== 'folder' || !row.open)) toggle(row);
      } else if (command === 'back' && changes.get() !== undefined) changes.set(undefined);
      else if (command === 'collapse') {
        if (row !== undefined) collapse(row);
        select();
      } else {
        if (!list.handle(command, size.height - 2)) return false;
        select();
      }
      return true;
    },
    draw({ width, height, nowMs, crumbs }) {
      const widths = paneWidths(width);
      const { selected: key, entry } = kv.get();
      const size = { width: widths.value, height };
      const { focused, scroll } = reading.get();
      const pane =
        key === undefined
          ? framed(aboutRow(list.current(), kv.get(), nowMs), { title: [span('Value', 'muted')], ...size })
          : valuePane({ key, entry, lines, focused, scroll, changes: changes.get(), nowMs, ...size });
      return beside(treePane({ width: widths.tree, height }, crumbs), pane);
    },
    printout() {
      const { root, rows } = kv.get();
      return {
        ready: root.value !== undefined || 'failure' in root.link,
        failure: root.value === undefined && 'failure' in root.link ? root.link.failure.message : undefined,
        text: () =>
          rows
            .filter(({ kind }) => kind !== 'note')
            .map(({ key }) => `${sanitize(key)}\n`)
            .join(''),
        json: () => root.value ?? [],
      };
    },
  };

  function treePane(size: Size, crumbs: Line): Line[] {
    const { counts } = kv.get();
    const inner = innerSize(size.width, size.height);
    const state = list.get();
    const { offset, rows } = visibleRows(state, inner.height);
    const focused = !reading.get().focused;
    const drawn = rows.map((row, position) => {
      const line = fitLine(kvRow(row, counts.get(row.key)), inner.width);
      return offset + position !== state.index ? line : focused ? selected(line) : bold(line);
    });
    if (drawn.length === 0) drawn.push([span('no key passes the filter', 'muted')]);
    return framed(drawn, { title: crumbs, note: positionNote(state), ...size, focused });
  }
}

/** The tree gets less than half, but never more than a long key needs. */
function paneWidths(width: number): { tree: number; value: number } {
  const tree = Math.max(24, Math.min(90, Math.floor(width * 0.45)));
  return { tree: Math.min(tree, width), value: Math.max(0, width - tree) };
}

function bold(line: Line): Line {
  return line.map((part) => ({ ...part, bold: true }));
}

function aboutRow(row: KvRow | undefined, { counts, root }: KvSnapshot, nowMs: number): Line[] {
  if (row === undefined || row.kind === 'note')
    return [linkExplanation(root, nowMs) ?? [span('no key under the cursor', 'muted')]];
  const children = counts.get(row.key);
  return [
    [span(sanitize(row.key), 'accent', { bold: true })],
    [],
    children === undefined
      ? [span('⏎', 'accent', { bold: true }), span(' opens the folder', 'muted')]
      : [span(count(children), 'plain', { bold: true }), span(' directly below, live', 'muted')],
  ];
}
