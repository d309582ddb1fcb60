/** A key press as the terminal library reports it, by the name it has in the key table. */
import type { Key } from 'ink';

const named = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pgup'],
  ['pageDown', 'pgdn'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
] as const satisfies readonly (readonly [keyof Key, string])[];

/** Usually one name. Text that was typed ahead of a slow line comes in one piece and is several keys. */
export function keyNames(input: string, key: Key): string[] {
  const special = named.find(([flag]) => key[flag]);
  if (special !== undefined) return [special[1]];
  if (key.tab) return [key.shift ? 'shift-tab' : 'tab'];
  if (key.ctrl) return [`ctrl-${input}`];
  if (key.meta) return [];
  return [...input].map(characterName);
}

const characterNames: Readonly<Record<string, string>> = {
  ' ': 'space',
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\x1b': 'esc',
  '\x7f': 'backspace',
  '\b': 'backspace',
};

/** Control characters in the middle of other text are keys too: `\x15` is `ctrl-u`. */
function characterName(character: string): string {
  const name = characterNames[character];
  if (name !== undefined) return name;
  const code = character.charCodeAt(0);
  return code < 0x20 ? `ctrl-${String.fromCharCode(code + 0x60)}` : character;
}
