import { describe, expect, it } from 'vitest';
import { createKeyMap, helpSections, hintsFor, keyTable, viewNumber } from '../../../src/tui/keys.ts';

describe('the key table', () => {
  it('gives a key one meaning in a scope', () => {
    const seen = keyTable.flatMap(({ scope, keys }) => keys.map((key) => `${scope} ${key}`));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('never hides a global key behind one of a view', () => {
    const global = keyTable.filter(({ scope }) => scope === 'global').flatMap(({ keys }) => keys as readonly string[]);
    const modal: readonly string[] = ['global', 'typing', 'menu', 'confirm', 'text'];
    for (const { scope, keys } of keyTable) {
      if (modal.includes(scope)) continue;
      for (const key of keys) expect(global).not.toContain(key);
    }
  });

  it('leaves the digits to the views', () => {
    for (const { keys } of keyTable) for (const key of keys) expect(viewNumber(key)).toBeUndefined();
  });

  it('lets the first scope win', () => {
    const { commandFor } = createKeyMap();
    expect(commandFor('l', ['kv', 'list'])).toBe('expand');
    expect(commandFor('l', ['list'])).toBeUndefined();
    expect(commandFor('enter', ['typing', 'open'])).toBe('typing-done');
  });

  it('brings every command into the help page', () => {
    const shown = helpSections(createKeyMap(), ['list']).flatMap(({ rows }) => rows.map(({ help }) => help));
    const hidden: readonly string[] = ['menu', 'text'];
    for (const { help, scope } of keyTable) if (!hidden.includes(scope)) expect(shown).toContain(help);
  });

  it('makes the hints of the footer', () => {
    expect(hintsFor(createKeyMap(), ['logs', 'global'])).toEqual([
      { key: '+', hint: 'level' },
      { key: 'p', hint: 'pause' },
      { key: '?', hint: 'help' },
      { key: ':', hint: 'go to' },
      { key: '/', hint: 'filter' },
      { key: 'q', hint: 'quit' },
    ]);
  });

  it('takes the keys of the user, who wins over every default, and never loses the way out', () => {
    const { commandFor, bindings } = createKeyMap({
      filter: ['F'],
      'kv.follow': ['?'],
      'confirm.back': ['o'],
      quit: [],
    });
    expect(commandFor('F', ['global'])).toBe('filter');
    expect(commandFor('/', ['global'])).toBeUndefined();
    expect(commandFor('?', ['kv', 'global'])).toBe('follow');
    expect(commandFor('o', ['confirm'])).toBe('back');
    expect(commandFor('esc', ['confirm'])).toBe('back');
    expect(commandFor('ctrl-c', ['global'])).toBe('quit');
    expect(hintsFor({ bindings, commandFor }, ['global'])).toContainEqual({ key: 'F', hint: 'filter' });
  });

  it('names a command that does not exist', () => {
    expect(() => createKeyMap({ fliter: ['x'] })).toThrow('there is no command "fliter"');
  });
});
