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
    ['x', { meta: true } as Key, ['esc', 'x']],
    [':', { meta: true } as Key, ['esc', ':']],
    ['', { meta: true, return: true } as Key, ['esc', 'enter']],
    ['', { meta: true, escape: true } as Key, ['esc', 'esc']],
    ['u', { meta: true, ctrl: true } as Key, ['esc', 'ctrl-u']],
    ['', { meta: true, upArrow: true } as Key, ['up']],
  ])('%s', (input, key, names) => {
    expect(keyNames(input, key, false)).toEqual(names);
  });

  it.each([
    ['b', { meta: true } as Key, []],
    ['', { meta: true, backspace: true } as Key, ['backspace']],
    ['', { escape: true } as Key, ['esc']],
  ])('%s: alt closes nothing that is typed into', (input, key, names) => {
    expect(keyNames(input, key, true)).toEqual(names);
  });

  it('are several where text came in one piece, control keys among it', () => {
    expect(keyNames('\x15ab c\r\ty\x7f', plain, false)).toEqual([
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
