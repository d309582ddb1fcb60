import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSessionsModel, mostWatchedKeys } from '../../../../src/tui/models/sessions.ts';
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

describe('the sessions model', () => {
  it('knows who holds what, live', async () => {
    const model = createSessionsModel(source, clock);
    void model.run(stop.signal);
    await clock.advance(100);
    expect(model.get().search.kind).toBe('live');
    expect(model.get().rows.map(({ session, locks }) => [session.Name, locks.map(({ key }) => key)])).toEqual([
      ['leader-election', ['app/leader']],
      ['', []],
    ]);
    source.state.entries.set('app/leader', entry('app/leader', ''));
    source.changed();
    await clock.advance(100);
    expect(model.get().rows[0]?.locks).toEqual([]);
  });

  it('looks through very many keys only when it is told to', async () => {
    for (let index = 0; index <= mostWatchedKeys; index++)
      source.state.entries.set(`k${index}`, entry(`k${index}`, ''));
    const model = createSessionsModel(source, clock);
    void model.run(stop.signal);
    await clock.advance(100);
    expect(model.get().search.kind).toBe('too-many');
    expect([...source.open]).toEqual(['/v1/session/list#1']);
    model.scan();
    await clock.advance(100);
    expect(model.get().search).toMatchObject({ kind: 'scanned', keys: source.state.entries.size });
    expect(model.get().rows[0]?.locks).toHaveLength(1);
  });
});
