import type { Key } from 'ink';
import { describe, expect, it } from 'vitest';
import { keyNames } from '../../../src/tui/key-name.ts';

const plain = {} as Key;

describe('the names of keys', () => {
  it.each([
    ['j', plain, ['j']],
    ['', { upArrow: true } as Key, ['up']],
    ['', { tab: true, shift: true } as Key, ['shift-tab']],
    ['u', { ctrl: true } as Key, ['ctrl-u']],
    ['x', { meta: true } as Key, []],
  ])('%s', (input, key, names) => {
    expect(keyNames(input, key)).toEqual(names);
  });

  it('are several where text came in one piece, control keys among it', () => {
    expect(keyNames('\x15ab c\r\ty\x7f', plain)).toEqual([
      'ctrl-u',
      'a',
      'b',
      'space',
      'c',
      'enter',
      'tab',
      'y',
      'backspace',
    ]);
  });
});
