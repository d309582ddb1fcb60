/** A large datacenter without a stutter: no keystroke, no answer taken in, and no frame holds the loop for long. */
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../../src/tui/app/app.ts';
import { createFrame } from '../../../src/tui/frame.ts';
import { createKeyMap } from '../../../src/tui/keys.ts';
import { createDatacenterModel } from '../../../src/tui/models/datacenter.ts';
import { createStore } from '../../../src/tui/models/store.ts';
import { createTheme } from '../../../src/tui/theme.ts';
import { views } from '../../../src/tui/views/index.ts';
import { type BigSource, bigSource } from './support/big-source.ts';
import { type ManualClock, manualClock } from './support/manual-clock.ts';

const longestFrameMs = 50;
const size = { width: 250, height: 70 };

/** Time of this thread alone: other work on the machine does not count. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

let source: BigSource;
let clock: ManualClock;
const ended = new AbortController();
let running: Promise<unknown>;
let app: ReturnType<typeof createApp>;
let frame: ReturnType<typeof createFrame>;
const spent: [what: string, ms: number][] = [];

function measured(what: string, act: () => void): void {
  const before = cpuMs();
  act();
  spent.push([what, cpuMs() - before]);
}

function press(...keys: string[]): void {
  for (const key of keys) {
    measured(`${key} pressed`, () => app.press(key, frame.body()));
    measured(`frame after ${key}`, () => frame.resize(size));
  }
}

async function go(words: string): Promise<void> {
  press('esc', 'esc', 'esc', ':', ...[...words].map((each) => (each === ' ' ? 'space' : each)), 'enter');
  await clock.advance(200);
  measured(`frame of ${words}`, () => frame.resize(size));
}

/** What was slow, the slowest first. The first frames pay for the compiler. */
function slow(): string[] {
  return spent
    .filter(([, ms]) => ms > longestFrameMs)
    .sort(([, a], [, b]) => b - a)
    .map(([what, ms]) => `${what}: ${ms.toFixed(1)} ms`);
}

beforeAll(async () => {
  source = bigSource();
  clock = manualClock();
  const datacenter = createDatacenterModel(source, clock);
  const nothing = () => {};
  app = createApp({
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
      edit: async () => undefined,
      save: async () => 0,
      setTheme: () => true,
    },
    themes: [],
  });
  const theme = createStore(createTheme('true'));
  frame = createFrame({ app, datacenter, address: source.address, theme, clock, dataClock: clock, size, maxFps: 20 });
  frame.run(ended.signal);
  running = Promise.all([datacenter.run(ended.signal), app.run(ended.signal)]);
  await clock.advance(6_000);
});

afterAll(async () => {
  ended.abort();
  await running;
});

describe('5,000 nodes, 20,000 instances, 100,000 keys', { timeout: 120_000 }, () => {
  it('are drawn in every view, scrolled, sorted and filtered without a frame over 50 ms', async () => {
    for (const words of ['pulse', 'members', 'services', 'checks', 'map', 'kv', 'sessions', 'timeline']) {
      await go(words);
      press('j', 'pgdn', 'G', 'k', 'g');
      if (words !== 'pulse') {
        press('/', 'n', 'o', '1', 'enter');
        press('esc');
        press('s', 's', 'S');
      }
    }
    expect(slow()).toEqual([]);
  });

  it('show folders of a thousand keys while one runs through them', async () => {
    await go('kv');
    for (let folder = 0; folder < 20; folder++) {
      press('enter');
      await clock.advance(6_000);
      press('end', 'home', ...Array<string>(folder + 1).fill('j'));
    }
    expect(slow()).toEqual([]);
  });

  it('take in what changes', async () => {
    await go('pulse');
    for (let round = 1; round <= 10; round++) {
      source.flap(round * 20);
      source.fail(round);
      await clock.advance(6_000);
      measured('frame after changes', () => frame.resize(size));
    }
    await go('checks');
    for (let round = 1; round <= 5; round++) {
      source.flap(round);
      await clock.advance(6_000);
      measured('frame of checks after changes', () => frame.resize(size));
    }
    expect(slow()).toEqual([]);
  });
});
