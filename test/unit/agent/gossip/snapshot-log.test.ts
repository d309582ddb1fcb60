import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compacted, parseSnapshot } from '../../../../src/agent/gossip/serf/snapshot-log.ts';

const log = `alive: a 10.0.0.1:8301
alive: b c [::1]:8301
alive: d 10.0.0.4:8301
not-alive: d
clock: 7
event-clock: 9
query-clock: 3
coordinate: ignored
# so is this
nonsense
`;

describe('what a pool remembers', () => {
  it('is who lived where at last, and the latest times', () => {
    const { alive, ...times } = parseSnapshot(log, false);
    expect([...alive]).toEqual([
      ['a', '10.0.0.1:8301'],
      ['b c', '[::1]:8301'],
    ]);
    expect(times).toEqual({ clock: 7, eventClock: 9, queryClock: 3 });
  });

  it('is nothing after leaving, unless it is to come back', () => {
    expect(parseSnapshot(`${log}leave\n`, false)).toEqual({ alive: new Map(), clock: 0, eventClock: 0, queryClock: 0 });
    expect(parseSnapshot(`${log}leave\n`, true).alive.size).toBe(2);
  });

  it('says the same when it is written anew', () => {
    const names = fc.stringMatching(/^[a-z][a-z .-]{0,9}$/);
    const members = fc.dictionary(names, fc.constantFrom('1.2.3.4:1', '[fe80::1]:8301'));
    fc.assert(
      fc.property(members, fc.nat(), fc.nat(), (nodes, clock, eventClock) => {
        const remembered = { alive: new Map(Object.entries(nodes)), clock, eventClock, queryClock: 0 };
        expect(parseSnapshot(compacted(remembered), false)).toEqual(remembered);
      }),
    );
  });

  it('survives any garbage', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseSnapshot(text, false)));
  });
});
