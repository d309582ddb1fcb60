/** Ten thousand keys in any order, without a terminal: screens stay whole, and nothing is written without a yes. */
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../../src/tui/app/app.ts';
import { createFrame } from '../../../src/tui/frame.ts';
import { createKeyMap, keyTable } from '../../../src/tui/keys.ts';
import { createDatacenterModel } from '../../../src/tui/models/datacenter.ts';
import { createStore } from '../../../src/tui/models/store.ts';
import { createTheme, themeNames } from '../../../src/tui/theme.ts';
import { views } from '../../../src/tui/views/index.ts';
import { fakeSource } from './support/fake-source.ts';
import { manualClock, settle } from './support/manual-clock.ts';

const leaving = ['q', 'ctrl-c', 'ctrl-z'];
const keys = [
  ...new Set(keyTable.flatMap((binding) => [...binding.keys] as string[])),
  ...'123456789xyen:/.é北'.split(''),
  // What people do most.
  ...['enter', 'enter', 'j', 'j', 'x', 'esc', 'down', 'y'],
].filter((key) => !leaving.includes(key));

const words = views.flatMap(({ id, aliases, needsArgument }) =>
  [id, ...aliases].map((name) => (needsArgument ? `${name} web` : name)),
);

type Step =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'go'; readonly words: string }
  | { readonly kind: 'resize'; readonly width: number; readonly height: number }
  | { readonly kind: 'event'; readonly event: 'fail' | 'well' | 'denied' | 'no leader' | 'leader' | 'gone' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 60, arbitrary: fc.record({ kind: fc.constant('key' as const), key: fc.constantFrom(...keys) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('go' as const), words: fc.constantFrom(...words) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('resize' as const),
      width: fc.integer({ min: 1, max: 300 }),
      height: fc.integer({ min: 1, max: 80 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('event' as const),
      event: fc.constantFrom('fail', 'well', 'denied', 'no leader', 'leader', 'gone'),
    }),
  },
);

async function session() {
  const source = fakeSource();
  const clock = manualClock();
  const ended = new AbortController();
  const datacenter = createDatacenterModel(source, clock);
  const theme = createStore(createTheme('true'));
  const nothing = () => {};
  const app = createApp({
    views,
    start: { view: 'pulse', argument: '' },
    keys: createKeyMap(),
    source,
    clock,
    datacenter,
    readOnly: false,
    ended: ended.signal,
    outside: {
      quit: nothing,
      suspend: nothing,
      redraw: nothing,
      copy: nothing,
      edit: async (text) => `${text} edited`,
      save: async () => 7,
      setTheme: (name) => (themeNames as readonly string[]).includes(name),
    },
    themes: themeNames,
  });
  let size = { width: 80, height: 24 };
  const frame = createFrame({
    app,
    datacenter,
    address: source.address,
    theme,
    clock,
    dataClock: clock,
    size,
    maxFps: 1e9,
  });
  frame.run(ended.signal);
  const running = Promise.all([datacenter.run(ended.signal), app.run(ended.signal)]);
  running.catch(nothing);
  await clock.advance(200);

  function expectWhole(): void {
    frame.resize(size);
    const rows = frame.get();
    expect(rows).toHaveLength(size.height);
    for (const row of rows) expect(stringWidth(stripVTControlCharacters(row))).toBe(size.width);
  }

  async function play(each: Step): Promise<void> {
    if (each.kind === 'resize') size = { width: each.width, height: each.height };
    else if (each.kind === 'event') happen(each.event);
    else if (each.kind === 'go') {
      for (const key of [
        'esc',
        'esc',
        'esc',
        ':',
        ...each.words.split('').map((c) => (c === ' ' ? 'space' : c)),
        'enter',
      ])
        app.press(key, frame.body());
      await clock.advance(100);
    } else {
      const confirming = app.prompt() === undefined && app.layer()?.kind === 'confirm';
      const before = source.writes.length;
      app.press(each.key, frame.body());
      await settle();
      if (!(confirming && each.key === 'y')) expect(source.writes.length, `${each.key} wrote something`).toBe(before);
    }
  }

  function happen(event: Extract<Step, { kind: 'event' }>['event']): void {
    const { state } = source;
    if (event === 'fail') source.fail({ kind: 'unavailable', message: 'connect: connection refused' });
    else if (event === 'denied') source.fail({ kind: 'denied', message: 'Permission denied' });
    else if (event === 'well') source.fail(undefined);
    else if (event === 'no leader') state.leader = '';
    else if (event === 'leader') state.leader = '10.0.0.2:8300';
    else {
      state.members = state.members.slice(1);
      state.checks = state.checks.slice(1);
      state.entries.clear();
    }
    source.changed();
  }

  return {
    play,
    expectWhole,
    writes: () => source.writes.length,
    async end() {
      ended.abort();
      await running;
    },
  };
}

describe('ten thousand keys in any order', () => {
  it('never crash, never leave a screen that is not whole, never write without a yes', {
    timeout: 240_000,
  }, async () => {
    let written = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 250, maxLength: 250, size: 'max' }), async (steps) => {
        const playing = await session();
        for (const [index, each] of steps.entries()) {
          await playing.play(each);
          if (index % 5 === 0) playing.expectWhole();
        }
        playing.expectWhole();
        written += playing.writes();
        await playing.end();
      }),
      { numRuns: 40 },
    );
    // The way to an action was found now and then: the property is not empty.
    expect(written).toBeGreaterThan(0);
  });
});
