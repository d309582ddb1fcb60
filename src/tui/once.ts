/** `tc top -once`: a view as text that is read, or as JSON that is parsed, and the end. */

import { pause } from '../lib/pause.ts';
import type { Clock } from '../lib/runtime.ts';
import { createApp } from './app/app.ts';
import { jsonText } from './components/json.ts';
import { createKeyMap } from './keys.ts';
import { createDatacenterModel } from './models/datacenter.ts';
import type { ReplayControl } from './source/replay-control.ts';
import { type Source, SourceError } from './source/source.ts';
import { views } from './views/index.ts';

export interface OnceOptions {
  readonly source: Source;
  readonly clock: Clock;
  readonly view: string;
  readonly argument: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** A recording is run through to its end first. */
  readonly replay?: { readonly control: ReplayControl; readonly lengthMs: number } | undefined;
}

/** Answers that take longer are not waited for: what is there is printed. */
const longestWaitMs = 10_000;
/** After the last answer of a recording: until the models have taken it in. */
const settledMs = 1_000;

/** Throws a `SourceError` when the agent does not answer, or refuses what the view is about. */
export async function printOnce({ source, clock, view, argument, json, signal, replay }: OnceOptions): Promise<string> {
  const ended = new AbortController();
  const running = AbortSignal.any([signal, ended.signal]);
  const datacenter = createDatacenterModel(source, replay?.control.clock ?? clock);
  const nothing = () => {};
  const app = createApp({
    views,
    start: { view, argument },
    keys: createKeyMap(),
    source,
    clock,
    datacenter,
    readOnly: true,
    ended: running,
    outside: {
      quit: nothing,
      suspend: nothing,
      redraw: nothing,
      copy: nothing,
      edit: async () => undefined,
      save: async () => 0,
      setTheme: () => false,
    },
    themes: [],
    replay: replay?.control,
  });
  const page = app.page();
  const ready = Promise.withResolvers<void>();
  const check = () => {
    if (page.printout().ready) ready.resolve();
  };
  const stops = [page.subscribe(check), datacenter.subscribe(check)];
  const work = Promise.all([datacenter.run(running), app.run(running)]);
  try {
    if (replay !== undefined) await replay.control.clock.advance(replay.lengthMs + settledMs);
    else await Promise.race([ready.promise, work, pause(clock, longestWaitMs, running)]);
    const { failure, text, json: value } = page.printout();
    if (failure !== undefined) throw new SourceError({ kind: 'unavailable', message: failure });
    return json ? `${jsonText(value())}\n` : text();
  } finally {
    for (const stop of stops) stop();
    ended.abort();
    await work;
  }
}
