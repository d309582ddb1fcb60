/**
 * What is on the screen, as painted rows: computed outside of React, at most `maxFps` times a second, and published only
 * when a row differs. The terminal library then has nothing to do while nothing changes: a frame of 250x70 costs it
 * twenty milliseconds.
 */
import { pause } from '../lib/pause.ts';
import type { Clock, Timer } from '../lib/runtime.ts';
import type { App } from './app/app.ts';
import { footer } from './components/footer.ts';
import { header } from './components/header.ts';
import { linkExplanation } from './components/link.ts';
import type { DatacenterModel } from './models/datacenter.ts';
import type { Overview } from './models/overview.ts';
import { createStore, type Readable } from './models/store.ts';
import { fitLine, type Line, lineWidth, overlay, sanitize, span } from './text.ts';
import type { Theme } from './theme.ts';
import type { Size } from './views/view.ts';

export interface FrameOptions {
  readonly app: App;
  readonly datacenter: DatacenterModel;
  /** Of the agent. */
  readonly address: string;
  readonly theme: Readable<Theme>;
  readonly clock: Clock;
  /** Of the data, where it is another: a recording's. */
  readonly dataClock: Clock;
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
  const { app, datacenter, address, theme, clock, dataClock, maxFps } = options;
  let { size } = options;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let pending: Timer | undefined;
  const store = createStore<readonly string[]>([]);

  const trouble = (): Line | undefined => linkExplanation(datacenter.get().leader, dataClock.nowMs());

  function body(): Size {
    const around = trouble() === undefined ? 2 : 3;
    return { width: size.width, height: Math.max(0, size.height - around) };
  }

  function lines(): Line[] {
    const { width, height } = size;
    const nowMs = dataClock.nowMs();
    const { leader, overview } = datacenter.get();
    const explanation = trouble();
    const page = app.page();
    const top = header({
      datacenter: overview.datacenter,
      address,
      link: leader.link,
      replay: app.replay(),
      nowMs,
      tabs: app.tabs.map(({ title }) => title),
      active: app.tabs.indexOf(app.activeTab()),
      width,
    });
    const bottom = footer({
      hints: app.hints(),
      filter: page.filter?.get() ?? '',
      prompt: app.prompt(),
      note: app.note(),
      who: agentNote(overview),
      width,
    });
    const above = explanation === undefined ? [top] : [top, [span(' '), ...explanation]];
    return [...above, ...middle(body(), nowMs), bottom].slice(0, height).map((line) => fitLine(line, width));
  }

  /** The page, and over its middle the layer that has the keys. */
  function middle(room: Size, nowMs: number): Line[] {
    const page = app.page().draw({ ...room, nowMs, crumbs: crumbLine(app.crumbs()) });
    const layer = app.layer()?.draw(room);
    if (layer === undefined) return page;
    const width = layer[0] === undefined ? 0 : lineWidth(layer[0]);
    const [top, left] = [room.height - layer.length, room.width - width].map((free) =>
      Math.max(0, Math.floor(free / 2)),
    );
    return overlay(page, layer, top!, left!);
  }

  function draw(): void {
    pending?.cancel();
    pending = undefined;
    drawnMs = clock.nowMs();
    const rows = lines().map((line) => theme.get().paint(line));
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

  async function keepAges(signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(clock, ageMs, signal);
      if (signal.aborted) return;
      if (datacenter.get().leader.link.kind !== 'live') changed();
    }
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
      const stops = [app, datacenter, theme].map((source) => source.subscribe(changed));
      void keepAges(signal);
      signal.addEventListener('abort', () => {
        for (const stop of stops) stop();
        pending?.cancel();
      });
    },
  };
}

/** The way to the page: the last name is the one that counts. */
function crumbLine(crumbs: readonly string[]): Line {
  return crumbs.flatMap((crumb, index) =>
    index === crumbs.length - 1
      ? [span(sanitize(crumb), 'plain', { bold: true })]
      : [span(`${sanitize(crumb)} › `, 'muted')],
  );
}

/** Which agent all this comes from. */
function agentNote({ node, version }: Overview): Line {
  return node === '' ? [] : [span(`${sanitize(node)} ${sanitize(version)}`, 'muted')];
}
