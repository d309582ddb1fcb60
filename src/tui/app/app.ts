/** What the keys do to the whole screen: pages, layers over them, the line at the bottom. Knows no terminal. */
import type { Clock } from '../../lib/runtime.ts';
import { helpLayer } from '../components/help.ts';
import { jsonLines, jsonText } from '../components/json.ts';
import { textBox } from '../components/text-box.ts';
import { type Command, helpSections, hintsFor, type KeyHint, type KeyMap, type Scope, viewNumber } from '../keys.ts';
import type { DatacenterModel } from '../models/datacenter.ts';
import { createFeed } from '../models/feed.ts';
import { createPinnedMetrics } from '../models/pinned-metrics.ts';
import { createStore, subscribeAll } from '../models/store.ts';
import type { ReplayControl } from '../source/replay-control.ts';
import type { Query, Source } from '../source/source.ts';
import { sanitize, span } from '../text.ts';
import type { Note, Page, Size, ViewContext, ViewDefinition } from '../views/view.ts';
import { chooseAction } from './actions.ts';
import type { CommandWord } from './command-line.ts';
import type { Layer } from './layer.ts';
import { ascend, backward, descend, forward, jump, type Navigation, startAt, topOf } from './navigation.ts';
import { createPrompt, type PromptState } from './prompt.ts';

/** What only the terminal's side can do. */
export interface Outside {
  readonly quit: () => void;
  readonly suspend: () => void;
  readonly redraw: () => void;
  readonly copy: (text: string) => void;
  readonly edit: ViewContext['edit'];
  readonly save: ViewContext['save'];
  /** False: there is no such theme. */
  readonly setTheme: (name: string) => boolean;
}

export interface AppOptions {
  readonly views: readonly ViewDefinition[];
  readonly start: { readonly view: string; readonly argument: string };
  readonly keys: KeyMap;
  readonly source: Source;
  /** Of notes, which people read in their own time. */
  readonly clock: Clock;
  readonly datacenter: DatacenterModel;
  readonly readOnly: boolean;
  readonly ended: AbortSignal;
  readonly outside: Outside;
  readonly themes: readonly string[];
  readonly replay?: ReplayControl | undefined;
}

interface OpenPage {
  readonly view: ViewDefinition;
  readonly page: Page;
}

export interface App {
  readonly tabs: readonly ViewDefinition[];
  /** The numbered view one is in, or came from. */
  activeTab(): ViewDefinition;
  page(): Page;
  crumbs(): readonly string[];
  layer(): Layer | undefined;
  prompt(): PromptState | undefined;
  note(): Note | undefined;
  replay(): string | undefined;
  /** `size`: of the page's part of the screen. */
  press(key: string, size: Size): void;
  /** Text that came at once: goes where one types, and nowhere else. */
  paste(text: string): void;
  hints(): readonly KeyHint[];
  subscribe(listener: () => void): () => void;
  /** Runs the page on top, whichever it is, until aborted. Rejects with the first page's mistake. */
  run(signal: AbortSignal): Promise<void>;
}

const noteMs = 6_000;
const skipMs = 10_000;

export function createApp(options: AppOptions): App {
  const { views, keys, source, clock, datacenter, readOnly, ended, outside, themes, replay } = options;
  const dataClock = replay?.clock ?? clock;
  const tabs = views.filter(({ needsArgument }) => !needsArgument);
  const layers = createStore<readonly Layer[]>([]);
  const note = createStore<Note | undefined>(undefined);
  const changed = createStore(0);
  const touch = () => changed.update((times) => times + 1);
  /** Views without an argument are opened once: they keep their cursor and filter. */
  const opened = new Map<string, OpenPage>();
  let noteTimer = clock.after(0, () => {});
  let running: AbortSignal | undefined;
  let shown = new AbortController();
  let fail: (error: unknown) => void = () => {};
  let unwatch = () => {};

  const context: ViewContext = {
    source,
    clock: dataClock,
    datacenter,
    pinned: createPinnedMetrics(),
    readOnly,
    ended,
    feed: <T>(query: Query<T>) => createFeed(source, dataClock, query),
    go: (view, argument = '') => visit(view, argument, descend),
    show: pushLayer,
    say,
    copy(text, what) {
      outside.copy(text);
      say({ text: `copied ${sanitize(what)}`, tone: 'good' });
    },
    showJson: (title, value) =>
      pushLayer((close) =>
        textBox({
          title: [span(sanitize(title), 'plain', { bold: true })],
          lines: (width) => jsonLines(value, width),
          copy: () => context.copy(jsonText(value), 'the JSON'),
          close,
        }),
      ),
    act: (subject, actions) => chooseAction(context, sanitize(subject), actions),
    edit: outside.edit,
    save: outside.save,
  };

  let navigation: Navigation<OpenPage> = startAt(
    openPage(find(options.start.view) ?? tabs[0]!, options.start.argument),
  );
  watchTop();

  const prompt = createPrompt({
    words,
    run: ({ word, argument }) => runWord(word.names[0]!, argument),
    unknown: (text, nearest) =>
      say({
        text: `no view "${sanitize(text)}"${nearest === undefined ? '' : `: did you mean ${nearest}?`}`,
        tone: 'warn',
      }),
  });

  function find(id: string): ViewDefinition | undefined {
    return views.find((view) => view.id === id || view.aliases.includes(id));
  }

  function openPage(view: ViewDefinition, argument: string): OpenPage {
    const known = argument === '' ? opened.get(view.id) : undefined;
    if (known !== undefined) return known;
    const page = { view, page: view.open(context, argument) };
    if (argument === '') opened.set(view.id, page);
    return page;
  }

  function words(): readonly CommandWord[] {
    const ofViews = views.map((view) => ({
      names: [view.id, ...view.aliases],
      help: view.help,
      ...(view.complete && { complete: () => view.complete!(context) }),
    }));
    return [
      ...ofViews,
      { names: ['theme'], help: 'Change the colours', complete: () => themes },
      { names: ['help'], help: 'Keys and views' },
      { names: ['quit', 'q'], help: 'Quit' },
    ];
  }

  function runWord(name: string, argument: string): void {
    if (name === 'quit') outside.quit();
    else if (name === 'help') showHelp();
    else if (name === 'theme') {
      if (!outside.setTheme(argument)) say({ text: `themes: ${themes.join(' ')}`, tone: 'warn' });
    } else visit(name, argument, jump);
  }

  function visit(
    id: string,
    argument: string,
    move: (from: Navigation<OpenPage>, page: OpenPage) => Navigation<OpenPage>,
  ): void {
    const view = find(id);
    if (view === undefined) return;
    if (view.needsArgument && argument === '') say({ text: `:${view.id} wants a name after it`, tone: 'warn' });
    else moveTo(move(navigation, openPage(view, argument)));
  }

  function moveTo(next: Navigation<OpenPage>): void {
    const before = topOf(navigation);
    navigation = next;
    if (topOf(next) !== before) {
      watchTop();
      start();
    }
    touch();
  }

  function watchTop(): void {
    unwatch();
    unwatch = topOf(navigation).page.subscribe(touch);
  }

  function start(): void {
    shown.abort();
    shown = new AbortController();
    if (running === undefined || running.aborted) return;
    topOf(navigation)
      .page.run(AbortSignal.any([running, shown.signal]))
      .catch((error: unknown) => fail(error));
  }

  function pushLayer(make: (close: () => void) => Layer): void {
    let stop = () => {};
    const close = () => {
      stop();
      layers.update((all) => all.filter((each) => each !== layer));
    };
    const layer = make(close);
    stop = layer.subscribe(touch);
    layers.update((all) => [...all, layer]);
  }

  function say(next: Note): void {
    noteTimer.cancel();
    note.set({ ...next, text: sanitize(next.text) });
    noteTimer = clock.after(noteMs, () => note.set(undefined));
  }

  function showHelp(): void {
    const sections = helpSections(keys, topOf(navigation).page.scopes());
    const viewSection = {
      title: 'Views',
      rows: views.map((view) => {
        const number = tabs.indexOf(view) + 1;
        const names = [view.id, ...view.aliases].map((name) => `:${name}`).slice(0, 1);
        return { keys: [number > 0 && number < 10 ? String(number) : ' ', ...names].join(' '), help: view.help };
      }),
    };
    pushLayer((close) => helpLayer([viewSection, ...sections], close));
  }

  /** Esc peels off one thing at a time: what the page has open, the filter, the page. */
  function back(size: Size): void {
    const { page } = topOf(navigation);
    if (page.handle('back', size)) return;
    if (page.filter !== undefined && page.filter.get() !== '') page.filter.set('');
    else moveTo(ascend(navigation));
  }

  function cycle(step: number): void {
    const at = tabs.indexOf(activeTab());
    visit(tabs[(at + step + tabs.length) % tabs.length]!.id, '', jump);
  }

  function activeTab(): ViewDefinition {
    const [{ view }] = navigation.stack as readonly [OpenPage, ...OpenPage[]];
    return tabs.find(({ id }) => id === (view.parent ?? view.id)) ?? tabs[0]!;
  }

  function obey(command: Command, size: Size): void {
    const { page } = topOf(navigation);
    switch (command) {
      case 'quit':
        outside.quit();
        break;
      case 'suspend':
        outside.suspend();
        break;
      case 'redraw':
        outside.redraw();
        break;
      case 'help':
        showHelp();
        break;
      case 'command':
        prompt.openCommand();
        break;
      case 'filter':
        if (page.filter !== undefined) prompt.openFilter(page.filter);
        break;
      case 'next-view':
        cycle(1);
        break;
      case 'previous-view':
        cycle(-1);
        break;
      case 'history-back':
        moveTo(backward(navigation));
        break;
      case 'history-forward':
        moveTo(forward(navigation));
        break;
      case 'back':
        back(size);
        break;
      case 'replay-pause':
        replay?.togglePause();
        break;
      case 'replay-faster':
        replay?.changeSpeed(2);
        break;
      case 'replay-slower':
        replay?.changeSpeed(0.5);
        break;
      case 'replay-skip':
        replay?.skip(skipMs);
        break;
      default:
        page.handle(command, size);
    }
  }

  function pageScopes(): readonly Scope[] {
    const own = topOf(navigation).page.scopes();
    return replay === undefined ? [...own, 'global'] : [...own, 'replay', 'global'];
  }

  return {
    tabs,
    activeTab,
    page: () => topOf(navigation).page,
    crumbs: () => navigation.stack.map(({ page }) => page.crumb),
    layer: () => layers.get().at(-1),
    prompt: prompt.get,
    note: note.get,
    replay: () => replay?.get().label,
    press(key, size) {
      const layer = layers.get().at(-1);
      if (prompt.get() !== undefined) {
        prompt.press(keys.commandFor(key, ['typing']), key);
      } else if (layer?.type !== undefined) {
        layer.type(keys.commandFor(key, layer.scopes), key);
      } else if (layer !== undefined) {
        const command = keys.commandFor(key, layer.scopes);
        if (command !== undefined) layer.handle(command, size);
      } else {
        const number = viewNumber(key);
        const command = keys.commandFor(key, pageScopes());
        const tab = number === undefined ? undefined : tabs[number - 1];
        if (tab !== undefined) visit(tab.id, '', jump);
        else if (command !== undefined) obey(command, size);
      }
    },
    paste(text) {
      if (prompt.get() !== undefined) prompt.paste(text);
      else layers.get().at(-1)?.paste?.(text);
    },
    hints() {
      const layer = layers.get().at(-1);
      if (layer !== undefined) return hintsFor(keys, layer.scopes);
      const { page } = topOf(navigation);
      return hintsFor(keys, pageScopes()).filter(({ hint }) => hint !== 'filter' || page.filter !== undefined);
    },
    subscribe: subscribeAll([changed, layers, note, prompt, ...(replay === undefined ? [] : [replay])]),
    async run(signal) {
      running = signal;
      const failed = Promise.withResolvers<void>();
      fail = failed.reject;
      start();
      const done = () => failed.resolve();
      if (signal.aborted) done();
      else signal.addEventListener('abort', done, { once: true });
      await failed.promise;
    },
  };
}
