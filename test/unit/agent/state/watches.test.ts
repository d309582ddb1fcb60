import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Watch, Watches } from '../../../../src/agent/state/watches.ts';

function reader() {
  return {
    watched: [] as Watch[],
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
    const readers = [reader(), reader()];
    for (const one of readers) {
      watches.watch(one, (watch) => {
        watch.key('k');
        watch.prefix('k');
        watch.topic('t');
      });
    }
    expect(watches.size).toBe(3);
    watches.unwatch(readers[0]!);
    expect(watches.size).toBe(3);
    watches.unwatch(readers[1]!);
    expect(watches.size).toBe(0);
  });

  it('keeps nothing of a read that failed', () => {
    const watches = new Watches();
    const failing = () =>
      watches.watch(reader(), (watch) => {
        watch.key('k');
        throw new Error('no');
      });
    expect(failing).toThrow('no');
    expect(watches.size).toBe(0);
  });

  it('lets a reader leave while it is being told', () => {
    const watches = new Watches();
    const told: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const one = {
        watched: [] as Watch[],
        changed() {
          told.push(name);
          watches.unwatch(one);
        },
      };
      watches.watch(one, (watch) => watch.prefix('p'));
    }
    watches.touchKey('p/x');
    watches.commit();
    watches.touchKey('p/x');
    watches.commit();
    expect(told).toEqual(['a', 'b', 'c']);
    expect(watches.size).toBe(0);
  });

  it('tells of a deleted tree whoever read something in or above it', () => {
    const watches = new Watches();
    const readers = { key: reader(), inside: reader(), above: reader(), beside: reader() };
    watches.watch(readers.key, (watch) => watch.key('a/b'));
    watches.watch(readers.inside, (watch) => watch.prefix('a/b/c'));
    watches.watch(readers.above, (watch) => watch.prefix(''));
    watches.watch(readers.beside, (watch) => watch.prefix('b'));
    watches.touchTree('a/');
    watches.commit();
    expect(Object.values(readers).map((one) => one.times)).toEqual([1, 1, 1, 0]);
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
