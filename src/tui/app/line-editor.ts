/** One line of text under the fingers, for filters, commands and forms. Pure state behind a store. */
import type { Command } from '../keys.ts';
import { createStore, type Store } from '../models/store.ts';

/** Longer is a slip of the clipboard. */
const longest = 2_000;

export interface LineEditor {
  readonly text: Store<string>;
  /** The command of the key, or none, and the key itself. False if it means nothing here. */
  press(command: Command | undefined, key: string): boolean;
  paste(text: string): void;
}

export function createLineEditor(text: Store<string> = createStore('')): LineEditor {
  const append = (more: string) => text.update((was) => (was + more).slice(0, longest));
  return {
    text,
    press(command, key) {
      switch (command) {
        case 'typing-erase':
          text.update((was) => [...was].slice(0, -1).join(''));
          return true;
        case 'typing-erase-word':
          text.update((was) => was.replace(/\S*\s*$/, ''));
          return true;
        case 'typing-clear':
          text.set('');
          return true;
        case undefined:
          if (key === 'space') append(' ');
          else if ([...key].length === 1) append(key);
          else return false;
          return true;
        default:
          return false;
      }
    },
    paste: (pasted) => append(pasted.replace(/[\x00-\x1f\x7f]+/g, ' ')),
  };
}
