import { describe, expect, it } from 'vitest';
import { parseSettings, settingsPath } from '../../../../src/tui/app/settings.ts';

describe('the settings', () => {
  it('are found where configuration lives', () => {
    expect(settingsPath({ HOME: '/home/me' })).toBe('/home/me/.config/tc/top.json');
    expect(settingsPath({ HOME: '/home/me', XDG_CONFIG_HOME: '/etc/me' })).toBe('/etc/me/tc/top.json');
    expect(settingsPath({ TC_TOP_CONFIG: '/x.json', HOME: '/home/me' })).toBe('/x.json');
    expect(settingsPath({})).toBeUndefined();
  });

  it('change keys and colours', () => {
    const { keys, theme } = parseSettings('{"theme":"light","keys":{"filter":"F","kv.edit":["E","ctrl-e"]}}', 'f');
    expect(theme).toBe('light');
    expect(keys.commandFor('F', ['global'])).toBe('filter');
    expect(keys.commandFor('ctrl-e', ['kv'])).toBe('edit');
    expect(parseSettings(undefined, 'f').keys.commandFor('/', ['global'])).toBe('filter');
  });

  it.each([
    ['{', /^f: /],
    ['[]', 'f: must be a JSON object'],
    ['{"kees":{}}', 'f: unknown setting "kees"'],
    ['{"theme":"pink"}', 'f: "theme" must be one of any, dark, light'],
    ['{"keys":[]}', 'f: "keys" must be an object of commands'],
    ['{"keys":{"filter":1}}', 'f: "keys.filter" must be a key or a list of keys'],
    ['{"keys":{"fly":"f"}}', 'f: there is no command "fly" to bind a key to'],
  ])('%s is refused with the reason', (text, reason) => {
    expect(() => parseSettings(text, 'f')).toThrow(reason);
  });
});
