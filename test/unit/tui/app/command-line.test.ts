import { describe, expect, it } from 'vitest';
import { completeLine, completions, nearestWord, parseCommand } from '../../../../src/tui/app/command-line.ts';

const words = [
  { names: ['services', 's'], help: '' },
  { names: ['service', 'svc'], help: '', complete: () => ['web', 'web-admin', 'db', 'My Web'] },
  { names: ['sessions'], help: '' },
  { names: ['kv'], help: '' },
];

describe('the command line', () => {
  it('takes names, aliases, and starts that fit one word only', () => {
    expect(parseCommand('svc web', words)).toMatchObject({ word: words[1], argument: 'web' });
    expect(parseCommand('  KV   app/ ', words)).toMatchObject({ word: words[3], argument: 'app/' });
    expect(parseCommand('sess', words)?.word).toBe(words[2]);
    expect(parseCommand('se', words)).toBeUndefined();
    expect(parseCommand('s', words)?.word).toBe(words[0]);
    expect(parseCommand('', words)).toBeUndefined();
  });

  it('completes words, and arguments by their start and then by any part', () => {
    expect(completions('ser', words)).toEqual(['services', 'service']);
    expect(completions('svc we', words)).toEqual(['svc web', 'svc web-admin', 'svc My Web']);
    expect(completions('kv x', words)).toEqual([]);
  });

  it('tab goes as far as all candidates agree, then takes the first', () => {
    expect(completeLine('ses', words)).toBe('sessions');
    expect(completeLine('ser', words)).toBe('service');
    expect(completeLine('k', words)).toBe('kv');
    expect(completeLine('svc d', words)).toBe('svc db');
    expect(completeLine('svc w', words)).toBe('svc web');
    expect(completeLine('nothing', words)).toBe('nothing');
  });

  it('knows what was probably meant', () => {
    expect(nearestWord('sesions x', words)).toBe('sessions');
    expect(nearestWord('zzzzzz', words)).toBeUndefined();
  });
});
