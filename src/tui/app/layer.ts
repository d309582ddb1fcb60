/** Something over the page that has the keys: help, raw JSON, a menu, a form, a confirmation. */
import type { Command, Scope } from '../keys.ts';
import type { Line } from '../text.ts';
import type { Size } from '../views/view.ts';

export interface Layer {
  readonly kind: 'help' | 'text' | 'menu' | 'form' | 'confirm';
  /** Whose keys are valid; nothing else is. */
  readonly scopes: readonly Scope[];
  subscribe(listener: () => void): () => void;
  handle(command: Command, size: Size): void;
  /** Keys that are text; a layer with it is typed into. */
  type?(command: Command | undefined, key: string): void;
  paste?(text: string): void;
  /** A box of at most this size. It is laid over the middle of the page. */
  draw(size: Size): readonly Line[];
}
