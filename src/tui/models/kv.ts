/**
 * The KV tree: folders are read when opened, one watch each, and the selected key is watched too. The rows of the open
 * tree are kept flat, as a list draws them; folders that did not change keep their row objects.
 */

import { pause } from '../../lib/pause.ts';
import type { Clock } from '../../lib/runtime.ts';
import { type KvEntry, kvFolder, kvKey } from '../source/queries.ts';
import type { Source } from '../source/source.ts';
import { followInto } from './follow.ts';
import { createResource, type Resource, type ResourceStore } from './resource.ts';
import { createStore, type Readable } from './store.ts';

/** Each open folder holds a connection to the agent, which allows 200 by default: opening more closes the oldest. */
const mostOpenFolders = 32;
/** A cursor that runs over keys asks for none of them until it rests. */
const selectionDelayMs = 80;

export type KvRow =
  | {
      readonly kind: 'folder';
      readonly key: string;
      readonly name: string;
      readonly depth: number;
      readonly open: boolean;
    }
  | { readonly kind: 'key'; readonly key: string; readonly name: string; readonly depth: number }
  /** A word in the place of rows: loading, empty, denied. `key` is the folder's and a mark. */
  | { readonly kind: 'note'; readonly key: string; readonly name: string; readonly depth: number };

export interface KvSnapshot {
  readonly rows: readonly KvRow[];
  /** The link of the root folder: without it nothing is known. */
  readonly root: Resource<readonly string[]>;
  /** What the cursor rests on; undefined for none, a folder, or not yet. */
  readonly selected: string | undefined;
  readonly entry: Resource<KvEntry | undefined>;
  /** Names directly below each open folder. */
  readonly counts: ReadonlyMap<string, number>;
}

export interface KvModel extends Readable<KvSnapshot> {
  /** Watches what is open until aborted. May be called again afterwards. */
  run(signal: AbortSignal): Promise<void>;
  open(prefix: string): void;
  close(prefix: string): void;
  isOpen(prefix: string): boolean;
  select(key: string | undefined): void;
}

interface Folder {
  readonly prefix: string;
  readonly depth: number;
  readonly names: ResourceStore<readonly string[]>;
  /** Rows of the names, without those of open folders among them. */
  rows: readonly KvRow[];
  stop: AbortController;
}

export function createKvModel(source: Source, clock: Clock): KvModel {
  /** Insertion order is the order of opening. */
  const folders = new Map<string, Folder>();
  const entry = createResource<KvEntry | undefined>(clock);
  let selected: string | undefined;
  let selection = new AbortController();
  let running: AbortSignal | undefined;
  const root = addFolder('', 0);
  const store = createStore(assemble());

  function assemble(): KvSnapshot {
    const rows: KvRow[] = [];
    flatten(root, rows);
    const counts = new Map<string, number>();
    for (const { prefix, names } of folders.values()) counts.set(prefix, names.get().value?.length ?? 0);
    return { rows, root: root.names.get(), selected, entry: entry.get(), counts };
  }

  /** What is open is flattened in place of its closed row. Explicit loops: a folder may have 100,000 rows. */
  function flatten(folder: Folder, into: KvRow[]): void {
    for (const row of folder.rows) {
      const open = row.kind === 'folder' ? folders.get(row.key) : undefined;
      if (open === undefined) {
        into.push(row);
      } else {
        into.push({ ...row, open: true } as KvRow);
        flatten(open, into);
      }
    }
  }

  const publishRows = () => store.set(assemble());
  const publishEntry = () => store.update((snapshot) => ({ ...snapshot, selected, entry: entry.get() }));

  function addFolder(prefix: string, depth: number): Folder {
    const names = createResource<readonly string[]>(clock);
    const folder: Folder = { prefix, depth, names, rows: [], stop: new AbortController() };
    folder.rows = folderRows(folder);
    folders.set(prefix, folder);
    return folder;
  }

  function start(folder: Folder): void {
    if (running === undefined || running.aborted) return;
    folder.stop = new AbortController();
    const signal = AbortSignal.any([running, folder.stop.signal]);
    const unsubscribe = folder.names.subscribe(() => {
      folder.rows = folderRows(folder);
      publishRows();
    });
    signal.addEventListener('abort', unsubscribe);
    void followInto(clock, source.follow(kvFolder(folder.prefix), signal), folder.names, signal);
  }

  function close(prefix: string): void {
    if (prefix === '') return;
    for (const [name, folder] of folders) {
      if (!name.startsWith(prefix)) continue;
      folder.stop.abort();
      folders.delete(name);
    }
    publishRows();
  }

  async function followSelected(): Promise<void> {
    selection.abort();
    selection = new AbortController();
    if (selected === undefined || running === undefined || running.aborted) return;
    const signal = AbortSignal.any([running, selection.signal]);
    await pause(clock, selectionDelayMs, signal);
    if (!signal.aborted) await followInto(clock, source.follow(kvKey(selected), signal), entry, signal);
  }

  entry.subscribe(publishEntry);

  return {
    get: store.get,
    subscribe: store.subscribe,
    async run(signal) {
      running = signal;
      for (const folder of folders.values()) start(folder);
      void followSelected();
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
    },
    open(prefix) {
      if (folders.has(prefix)) return;
      const oldest = [...folders.keys()].find((name) => name !== '' && !prefix.startsWith(name));
      if (folders.size >= mostOpenFolders && oldest !== undefined) close(oldest);
      start(addFolder(prefix, prefix.split('/').length - 1));
      publishRows();
    },
    close,
    isOpen: (prefix) => folders.has(prefix),
    select(key) {
      if (key === selected) return;
      selected = key;
      entry.restart();
      void followSelected();
    },
  };
}

function folderRows({ prefix, depth, names }: Folder): readonly KvRow[] {
  const { link, value } = names.get();
  const note = (name: string): KvRow[] => [{ kind: 'note', key: `${prefix}\u0000`, name, depth }];
  if (value === undefined) {
    if (link.kind === 'denied') return note('permission denied');
    return note('failure' in link ? `reconnecting: ${link.failure.message}` : 'reading …');
  }
  if (value.length === 0) return note(prefix === '' ? 'no keys' : 'empty');
  return value.map((key) => {
    const folder = key.endsWith('/');
    const name = key.slice(prefix.length);
    return folder ? { kind: 'folder', key, name, depth, open: false } : { kind: 'key', key, name, depth };
  });
}
