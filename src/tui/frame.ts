/**
 * What is on the screen, as painted rows: computed outside of React, at most `maxFps` times a second, and published only
 * when a row differs. The terminal library then has nothing to do while nothing changes: a frame of 250x70 costs it
 * twenty milliseconds.
 */
import type { Clock, Timer } from '../lib/runtime.ts';
import type { App } from './app-state.ts';
import { footer } from './components/footer.ts';
import { header } from './components/header.ts';
import { help } from './components/help.ts';
import { linkExplanation } from './components/link.ts';
import type { DatacenterModel } from './models/datacenter.ts';
import type { Overview } from './models/overview.ts';
import { createStore, type Readable } from './models/store.ts';
import { fitLine, type Line, sanitize, span } from './text.ts';
import type { Theme } from './theme.ts';
import type { Size } from './views/view.ts';

export interface FrameOptions {
  readonly app: App;
  readonly datacenter: DatacenterModel;
  /** Of the agent. */
  readonly address: string;
  readonly theme: Theme;
  readonly clock: Clock;
  readonly size: Size;
  readonly maxFps: number;
}

export interface Frame extends Readable<readonly string[]> {
  /** The part of the screen that belongs to the active view. */
  body(): Size;
  /** Draws now, for a terminal of this size. */
  resize(size: Size): void;
  /** Draws whatever changes until aborted. */
  run(signal: AbortSignal): void;
}

/** How long a line has been down is shown in seconds; while all is well the samples keep the ages moving. */
const ageMs = 1_000;

export function createFrame(options: FrameOptions): Frame {
  const { app, datacenter, address, theme, clock, maxFps } = options;
  let { size } = options;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let pending: Timer | undefined;
  const store = createStore<readonly string[]>([]);

  const trouble = (): Line | undefined => linkExplanation(datacenter.get().leader, clock.nowMs());

  function body(): Size {
    const around = trouble() === undefined ? 2 : 3;
    return { width: size.width, height: Math.max(0, size.height - around) };
  }

  function lines(): Line[] {
    const { width, height } = size;
    const nowMs = clock.nowMs();
    const { leader, overview } = datacenter.get();
    const { active, help: helpOffset, typing } = app.get();
    const view = app.view();
    const tabs = app.views.map(({ title }) => title);
    const explanation = trouble();
    const top = header({ datacenter: overview.datacenter, address, link: leader.link, nowMs, tabs, active, width });
    const middle =
      helpOffset === undefined ? view.draw({ ...body(), nowMs }) : help({ views: tabs, ...body(), offset: helpOffset });
    const filter = view.filter?.get() ?? '';
    const bottom = footer({ hints: app.hints(), filter, typing, note: agentNote(overview), width });
    const all =
      explanation === undefined ? [top, ...middle, bottom] : [top, [span(' '), ...explanation], ...middle, bottom];
    return all.slice(0, height).map((line) => fitLine(line, width));
  }

  function draw(): void {
    pending?.cancel();
    pending = undefined;
    drawnMs = clock.nowMs();
    const rows = lines().map((line) => theme.paint(line));
    const before = store.get();
    if (rows.length !== before.length || rows.some((row, index) => row !== before[index])) store.set(rows);
  }

  /** The first change is drawn at once, those right after it together. */
  function changed(): void {
    if (pending !== undefined) return;
    const waitMs = Math.max(0, drawnMs + 1000 / maxFps - clock.nowMs());
    if (waitMs === 0) draw();
    else pending = clock.after(waitMs, draw);
  }

  function keepAges(signal: AbortSignal): void {
    const timer = clock.after(ageMs, () => {
      if (datacenter.get().leader.link.kind !== 'live') changed();
      keepAges(signal);
    });
    signal.addEventListener('abort', () => timer.cancel(), { once: true });
  }

  draw();

  return {
    get: store.get,
    subscribe: store.subscribe,
    body,
    resize(next) {
      size = next;
      draw();
    },
    run(signal) {
      const stops = [app, datacenter, ...app.views].map((source) => source.subscribe(changed));
      keepAges(signal);
      signal.addEventListener('abort', () => {
        for (const stop of stops) stop();
        pending?.cancel();
      });
    },
  };
}

/** Which agent all this comes from. */
function agentNote({ node, version }: Overview): Line {
  return node === '' ? [] : [span(`${sanitize(node)} ${sanitize(version)}`, 'muted')];
}
