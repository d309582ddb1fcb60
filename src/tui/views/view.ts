/**
 * What every view of the dashboard is. A view is a folder with a definition: names to go to it by, and `open`, which
 * makes a page: data that runs while the page is shown, commands, and a drawing. The drawing is a pure function of what
 * the page holds, as lines of spans: exactly the width and height asked for. Most pages are tables: `table-page.ts`.
 */
import type { Clock } from '../../lib/runtime.ts';
import type { Action } from '../app/actions.ts';
import type { Layer } from '../app/layer.ts';
import type { Command, Scope } from '../keys.ts';
import type { DatacenterModel } from '../models/datacenter.ts';
import type { Feed } from '../models/feed.ts';
import type { PinnedMetrics } from '../models/pinned-metrics.ts';
import type { Store } from '../models/store.ts';
import type { Query, Source } from '../source/source.ts';
import type { Line, Tone } from '../text.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Drawing extends Size {
  readonly nowMs: number;
  /** The way here, for the title of the page's frame: `Services › web`. */
  readonly crumbs: Line;
}

/** What `-once` prints of a page. */
export interface Printout {
  /** False until the first answer, or refusal, of everything on it. */
  readonly ready: boolean;
  /** Why there is nothing to print. */
  readonly failure: string | undefined;
  readonly text: () => string;
  readonly json: () => unknown;
}

export interface Page {
  /** Its name in the breadcrumbs. */
  readonly crumb: string;
  /** Whose keys are valid here, the most special first; `global` is understood. */
  scopes(): readonly Scope[];
  /** The text behind `/`; a page without rows has none. */
  readonly filter?: Store<string>;
  subscribe(listener: () => void): () => void;
  /** Runs while the page is shown; called again when it is shown again. */
  run(signal: AbortSignal): Promise<void>;
  /** False if the command means nothing here. */
  handle(command: Command, size: Size): boolean;
  draw(drawing: Drawing): Line[];
  printout(): Printout;
}

export interface ViewDefinition {
  /** Of `:` and of `-view`; also the page's identity. */
  readonly id: string;
  readonly title: string;
  readonly aliases: readonly string[];
  /** One line, for the help page. */
  readonly help: string;
  /** Arguments that make sense after the name. */
  readonly complete?: (context: ViewContext) => readonly string[];
  /** Only with an argument: a node, a service. Such views have no number and no tab. */
  readonly needsArgument?: boolean;
  /** Of such a view: whose tab it stands under. */
  readonly parent?: string;
  readonly open: (context: ViewContext, argument: string) => Page;
}

export interface Note {
  readonly text: string;
  readonly tone: Tone;
}

/** What a page may ask of the dashboard around it. */
export interface ViewContext {
  readonly source: Source;
  readonly clock: Clock;
  /** Runs as long as the dashboard does: members, servers, services, checks, events. */
  readonly datacenter: DatacenterModel;
  readonly pinned: PinnedMetrics;
  readonly readOnly: boolean;
  /** Aborted when the dashboard ends. */
  readonly ended: AbortSignal;
  feed<T>(query: Query<T>): Feed<T>;
  /** One level deeper, to another view. */
  go(view: string, argument?: string): void;
  /** Lays something over the page; it closes itself. */
  show(make: (close: () => void) => Layer): void;
  /** A line at the bottom for a few seconds. */
  say(note: Note): void;
  copy(text: string, what: string): void;
  /** Raw JSON over the page. */
  showJson(title: string, value: unknown): void;
  /** The menu of actions, their forms and confirmations. */
  act(subject: string, actions: readonly Action[]): void;
  /** Writes a new file; resolves with its size in bytes. Throws when there is one already. */
  save(path: string, pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number>;
  /** The text as it came back from $EDITOR; undefined when it was left unchanged. */
  edit(text: string, fileName: string): Promise<string | undefined>;
}

/** Panels next to each other; all of the same height. */
export function beside(...panels: readonly (readonly Line[])[]): Line[] {
  return (panels[0] ?? []).map((_, row) => panels.flatMap((panel) => panel[row] ?? []));
}
