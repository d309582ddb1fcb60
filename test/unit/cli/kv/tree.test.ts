import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawTree, treeJson, treeOf } from '../../../../src/cli/kv/tree.ts';

const names = ['app/', 'app/config/db', 'app/config/url', 'app/motd', 'top'];
const all = Number.POSITIVE_INFINITY;

describe('the tree of keys', () => {
  it('is drawn with a line for each folder and key', () => {
    expect(drawTree(treeOf(names, ''), all)).toBe(`/
├── app/
│   ├── config/
│   │   ├── db
│   │   └── url
│   └── motd
└── top

5 keys
`);
  });

  it('counts what lies deeper than asked for', () => {
    expect(drawTree(treeOf(names, ''), 1)).toBe('/\n├── app/ (4 keys)\n└── top\n\n5 keys\n');
    expect(treeJson(treeOf(names, ''), 1)).toEqual({ 'app/': 4, top: null });
  });

  it('begins behind the prefix', () => {
    expect(treeJson(treeOf(['app/config/db', 'app/config/url'], 'app/con'), all)).toEqual({
      'fig/': { db: null, url: null },
    });
    expect(drawTree(treeOf(['top'], 'top'), all)).toBe('top\n\n1 key\n');
    expect(treeJson(treeOf([], ''), all)).toEqual({});
  });

  it('keeps keys that only differ in slashes apart', () => {
    expect(treeJson(treeOf(['a', 'a/', 'a//b'], ''), all)).toEqual({ a: null, 'a/': { '/': { b: null } } });
  });

  it('holds every key once', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '/'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.uniqueArray(key), (keys) => {
        expect(treeOf(keys, '').keys).toBe(keys.length);
      }),
    );
  });
});
