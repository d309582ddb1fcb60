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

/** Keys of one byte: behind an escape they are alt and that key, or esc and then that key. */
const short = new Set(['enter', 'esc', 'backspace']);

/**
 * Usually one name. Text that was typed ahead of a slow line comes in one piece and is several keys; esc and what was pressed
 * after it too. Nothing is bound to alt, so it is two keys, but where one types: there alt and a letter move in other programs,
 * and must not close what is typed into.
 */
export function keyNames(input: string, key: Key, typing: boolean): string[] {
  const special = named.find(([flag]) => key[flag])?.[1];
  const escaped = key.meta && (special === undefined || short.has(special));
  if (escaped && typing && special === undefined && !key.tab) return [];
  return [...(escaped && !typing ? ['esc'] : []), ...plainNames(input, key, special)];
}

function plainNames(input: string, key: Key, special: string | undefined): string[] {
  if (special !== undefined) return [special];
  if (key.tab) return [key.shift ? 'shift-tab' : 'tab'];
  if (key.ctrl) return [`ctrl-${input}`];
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
