/** What the keys do to the whole screen: which view, the help page, the filter line. Knows no terminal. */
import { helpLimit } from './components/help.ts';
import { type Command, commandFor, hintsFor, type KeyHint, type Scope, viewNumber } from './keys.ts';
import { createStore, type Readable } from './models/store.ts';
import type { Size, View } from './views/view.ts';

export interface AppState {
  readonly active: number;
  /** First line of the help page shown; undefined while it is closed. */
  readonly help: number | undefined;
  readonly typing: boolean;
}

/** What only the terminal's side can do. */
export type Outside = Extract<Command, 'quit' | 'suspend' | 'redraw'>;

export interface App extends Readable<AppState> {
  readonly views: readonly View[];
  view(): View;
  /** `size`: of the view's part of the screen. */
  press(key: string, size: Size): void;
  /** Text that came at once: goes into the filter, and nowhere else. */
  paste(text: string): void;
  hints(): readonly KeyHint[];
  /** Runs the active view, whichever it is, until aborted. Rejects with the first view's mistake. */
  run(signal: AbortSignal): Promise<void>;
}

/** A filter longer than this is a slip of the clipboard. */
const longestFilter = 200;

export function createApp(views: readonly View[], outside: (command: Outside) => void): App {
  const store = createStore<AppState>({ active: 0, help: undefined, typing: false });
  let running: AbortSignal | undefined;
  let shown = new AbortController();
  let fail: (error: unknown) => void = () => {};

  const view = () => views[store.get().active]!;

  function show(active: number): void {
    if (views[active] === undefined) return;
    const changed = active !== store.get().active;
    store.set({ active, help: undefined, typing: false });
    if (changed) start();
  }

  function start(): void {
    shown.abort();
    shown = new AbortController();
    if (running === undefined || running.aborted) return;
    view()
      .run(AbortSignal.any([running, shown.signal]))
      .catch(fail);
  }

  function type(key: string): void {
    const { filter } = view();
    const done = () => store.update((state) => ({ ...state, typing: false }));
    switch (commandFor(key, ['typing'])) {
      case 'typing-done':
        done();
        break;
      case 'typing-cancel':
        filter?.set('');
        done();
        break;
      case 'typing-erase':
        // An empty filter has nothing to erase: out of it.
        if (filter?.get() === '') done();
        filter?.update((text) => [...text].slice(0, -1).join(''));
        break;
      case 'typing-clear':
        filter?.set('');
        break;
      default:
        if (key === 'space') append(' ');
        else if ([...key].length === 1) append(key);
    }
  }

  function append(text: string): void {
    view().filter?.update((was) => (was + text).slice(0, longestFilter));
  }

  function scrollHelp(command: Command, size: Size): void {
    const offset = store.get().help ?? 0;
    const limit = helpLimit({ views: views.map(({ title }) => title), ...size });
    const steps: Partial<Record<Command, number>> = {
      up: -1,
      down: 1,
      'page-up': -size.height,
      'page-down': size.height,
      first: -offset,
      last: limit,
    };
    const step = steps[command];
    if (step !== undefined) store.update((state) => ({ ...state, help: Math.max(0, Math.min(limit, offset + step)) }));
  }

  /** Esc peels off one thing at a time: the help page, what the view has open, the filter. */
  function back(size: Size): void {
    if (store.get().help !== undefined) store.update((state) => ({ ...state, help: undefined }));
    else if (!view().handle('back', size)) view().filter?.set('');
  }

  function obey(command: Command, size: Size): void {
    const { active, help } = store.get();
    switch (command) {
      case 'quit':
      case 'suspend':
      case 'redraw':
        outside(command);
        break;
      case 'help':
        store.update((state) => ({ ...state, help: help === undefined ? 0 : undefined }));
        break;
      case 'next-view':
        show((active + 1) % views.length);
        break;
      case 'previous-view':
        show((active + views.length - 1) % views.length);
        break;
      case 'filter':
        if (view().filter !== undefined && help === undefined) store.update((state) => ({ ...state, typing: true }));
        break;
      case 'back':
        back(size);
        break;
      default:
        if (help !== undefined) scrollHelp(command, size);
        else view().handle(command, size);
    }
  }

  /** Scopes whose keys are valid now. */
  function scopes(): readonly Scope[] {
    const { help, typing } = store.get();
    if (typing) return ['typing'];
    return help === undefined ? [...view().scopes, 'global'] : ['list', 'global'];
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    views,
    view,
    press(key, size) {
      const number = viewNumber(key);
      const command = commandFor(key, scopes());
      if (store.get().typing) type(key);
      else if (number !== undefined) show(number - 1);
      else if (command !== undefined) obey(command, size);
    },
    paste(text) {
      if (store.get().typing) append(text.replace(/[\x00-\x1f\x7f]+/g, ' '));
    },
    hints() {
      if (store.get().help !== undefined) return hintsFor(['global']).filter(({ hint }) => hint !== 'filter');
      return hintsFor(scopes()).filter(({ hint }) => hint !== 'filter' || view().filter !== undefined);
    },
    run(signal) {
      running = signal;
      const ended = new Promise<void>((resolve, reject) => {
        fail = reject;
        signal.addEventListener('abort', () => resolve());
      });
      start();
      return ended;
    },
  };
}
