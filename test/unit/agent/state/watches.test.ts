import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Watches } from '../../../../src/agent/state/watches.ts';

function reader() {
  return {
    times: 0,
    changed() {
      this.times++;
    },
  };
}

describe('Watches', () => {
  it('tells exactly the readers of a key and of its prefixes', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 5 });
    fc.assert(
      fc.property(fc.array(key, { maxLength: 8 }), fc.array(key, { maxLength: 8 }), key, (keys, prefixes, written) => {
        const watches = new Watches();
        const ofKeys = keys.map((k) => {
          const one = reader();
          watches.watch(one, (watch) => watch.key(k));
          return one;
        });
        const ofPrefixes = prefixes.map((p) => {
          const one = reader();
          watches.watch(one, (watch) => watch.prefix(p));
          return one;
        });
        watches.touchKey(written);
        watches.commit();
        expect(ofKeys.map((one) => one.times)).toEqual(keys.map((k) => (k === written ? 1 : 0)));
        expect(ofPrefixes.map((one) => one.times)).toEqual(prefixes.map((p) => (written.startsWith(p) ? 1 : 0)));
      }),
    );
  });

  it('tells nobody of what was rolled back', () => {
    const watches = new Watches();
    const one = reader();
    watches.watch(one, (watch) => watch.topic('nodes'));
    watches.touch('nodes');
    watches.rollback();
    watches.commit();
    expect(one.times).toBe(0);
  });

  it('keeps nothing once nobody reads', () => {
    const watches = new Watches();
    const unwatch = [reader(), reader()].map(
      (one) =>
        watches.watch(one, (watch) => {
          watch.key('k');
          watch.prefix('k');
          watch.topic('t');
        }).unwatch,
    );
    expect(watches.size).toBe(3);
    unwatch[0]?.();
    expect(watches.size).toBe(3);
    unwatch[1]?.();
    expect(watches.size).toBe(0);
  });

  it('lets a reader leave while it is being told', () => {
    const watches = new Watches();
    const told: string[] = [];
    const leaving = (name: string) => {
      const one = {
        unwatch: () => {},
        changed() {
          told.push(name);
          one.unwatch();
        },
      };
      one.unwatch = watches.watch(one, (watch) => watch.prefix('p')).unwatch;
    };
    leaving('a');
    leaving('b');
    watches.touchKey('p/x');
    watches.commit();
    watches.touchKey('p/x');
    watches.commit();
    expect(told).toEqual(['a', 'b']);
    expect(watches.size).toBe(0);
  });

  it('tells everybody once when everything changes', () => {
    const watches = new Watches();
    const one = reader();
    watches.watch(one, (watch) => {
      watch.key('a');
      watch.prefix('b');
      watch.topic('c');
    });
    watches.changeAll();
    expect(one.times).toBe(1);
  });
});
