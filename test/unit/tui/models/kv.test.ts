import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKvModel } from '../../../../src/tui/models/kv.ts';
import { entry } from '../support/fake-datacenter.ts';
import { type FakeSource, fakeSource } from '../support/fake-source.ts';
import { type ManualClock, manualClock, settle } from '../support/manual-clock.ts';

let source: FakeSource;
let clock: ManualClock;
let stop: AbortController;

beforeEach(() => {
  source = fakeSource();
  clock = manualClock();
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await settle();
  // Everything that runs ends with its signal, and leaves nothing behind.
  expect([...source.open]).toEqual([]);
});

const denied = { kind: 'denied', message: 'Permission denied' } as const;

describe('the KV model', () => {
  function run() {
    const model = createKvModel(source, clock);
    void model.run(stop.signal);
    return model;
  }
  const names = (model: ReturnType<typeof run>) => model.get().rows.map(({ depth, name }) => '  '.repeat(depth) + name);

  it('reads only what is opened', async () => {
    const model = run();
    await clock.advance(10);
    expect(names(model)).toEqual(['app/', 'blob', 'región/']);
    expect([...source.open]).toEqual(['/v1/kv/?keys&separator=/#1']);
    model.open('app/');
    expect(names(model)).toEqual(['app/', '  reading …', 'blob', 'región/']);
    await clock.advance(10);
    expect(names(model)).toEqual(['app/', '  config/', '  leader', '  worker/', 'blob', 'región/']);
  });

  it('sees keys come and go in open folders', async () => {
    const model = run();
    model.open('app/');
    await clock.advance(100);
    source.state.entries.set('app/new', entry('app/new', '1'));
    source.state.entries.delete('app/leader');
    source.changed();
    await clock.advance(100);
    expect(names(model)).toEqual(['app/', '  config/', '  new', '  worker/', 'blob', 'región/']);
  });

  it('asks for a value only when the cursor rests, and follows it', async () => {
    const model = run();
    for (const key of ['blob', 'app/leader', 'app/config/motd']) {
      model.select(key);
      await clock.advance(20);
    }
    await clock.advance(100);
    expect([...source.open].filter((name) => !name.includes('?'))).toEqual(['/v1/kv/app/config/motd#2']);
    expect(model.get().entry.value?.flags).toBe('42');
    source.state.entries.delete('app/config/motd');
    source.changed();
    await clock.advance(100);
    expect(model.get().entry).toMatchObject({ link: { kind: 'live' }, value: undefined });
  });

  it('stops its watches while it is not shown, and takes them up again', async () => {
    const model = createKvModel(source, clock);
    const first = new AbortController();
    void model.run(first.signal);
    model.open('app/');
    await clock.advance(100);
    expect(source.open.size).toBe(2);
    first.abort();
    await clock.advance(100);
    expect(source.open.size).toBe(0);
    void model.run(stop.signal);
    await clock.advance(100);
    expect(source.open.size).toBe(2);
  });

  it('closes what lies in a closed folder too, and the oldest when too many are open', async () => {
    for (let index = 10; index < 60; index++) source.state.entries.set(`d${index}/k`, entry(`d${index}/k`, ''));
    const model = run();
    model.open('app/');
    model.open('app/config/');
    await clock.advance(10);
    model.close('app/');
    expect(model.isOpen('app/config/')).toBe(false);
    for (let index = 10; index < 60; index++) model.open(`d${index}/`);
    await clock.advance(100);
    expect(model.isOpen('d10/')).toBe(false);
    expect(model.isOpen('d59/')).toBe(true);
    expect(source.open.size).toBe(32);
  });

  it('says why there is nothing to see', async () => {
    source.fail(denied);
    const model = run();
    await clock.advance(100);
    expect(names(model)).toEqual(['permission denied']);
  });

  it('takes in 100,000 keys and keeps them apart from a keystroke', async () => {
    source.state.entries = new Map(
      Array.from({ length: 100_000 }, (_, index) => `flat/${String(index).padStart(6, '0')}`).map((key) => [
        key,
        entry(key, ''),
      ]),
    );
    const model = run();
    model.open('flat/');
    await clock.advance(100);
    expect(model.get().rows).toHaveLength(100_001);
    const { rows } = model.get();
    model.select('flat/000001');
    expect(model.get().rows).toBe(rows);
  });
});
