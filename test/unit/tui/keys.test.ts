import { describe, expect, it } from 'vitest';
import { commandFor, helpSections, hintsFor, keyTable, viewNumber } from '../../../src/tui/keys.ts';

describe('the key table', () => {
  it('gives a key one meaning in a scope', () => {
    const seen = keyTable.flatMap(({ scope, keys }) => keys.map((key) => `${scope} ${key}`));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('never hides a global key behind one of a view', () => {
    const global = keyTable.filter(({ scope }) => scope === 'global').flatMap(({ keys }) => keys as readonly string[]);
    for (const { scope, keys } of keyTable) {
      if (scope === 'global' || scope === 'typing') continue;
      for (const key of keys) expect(global).not.toContain(key);
    }
  });

  it('leaves the digits to the views', () => {
    for (const { keys } of keyTable) for (const key of keys) expect(viewNumber(key)).toBeUndefined();
  });

  it('lets the first scope win', () => {
    expect(commandFor('l', ['kv', 'list'])).toBe('expand');
    expect(commandFor('l', ['list'])).toBeUndefined();
    expect(commandFor('enter', ['typing', 'open'])).toBe('typing-done');
  });

  it('brings every command into the help page', () => {
    const shown = helpSections(['Overview']).flatMap(({ rows }) => rows.map(({ help }) => help));
    for (const { help } of keyTable) expect(shown).toContain(help);
  });

  it('makes the hints of the footer', () => {
    expect(hintsFor(['logs', 'global'])).toEqual([
      { key: '+', hint: 'level' },
      { key: 'p', hint: 'pause' },
      { key: '/', hint: 'filter' },
      { key: '?', hint: 'help' },
      { key: 'q', hint: 'quit' },
    ]);
  });
});
