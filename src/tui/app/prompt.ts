/** The line at the bottom that is typed into: a filter, or a command with its completion. */
import type { Command } from '../keys.ts';
import { createStore, type Readable, type Store } from '../models/store.ts';
import {
  type CommandWord,
  completeLine,
  completions,
  nearestWord,
  type ParsedCommand,
  parseCommand,
} from './command-line.ts';
import { createLineEditor, type LineEditor } from './line-editor.ts';

export interface PromptState {
  readonly kind: 'filter' | 'command';
  readonly text: string;
  /** What the command could become. */
  readonly candidates: readonly string[];
}

export interface Prompt extends Readable<PromptState | undefined> {
  openFilter(filter: Store<string>): void;
  openCommand(): void;
  press(command: Command | undefined, key: string): void;
  paste(text: string): void;
}

export interface PromptOptions {
  readonly words: () => readonly CommandWord[];
  readonly run: (command: ParsedCommand) => void;
  /** The typed line means nothing; `nearest` might have been meant. */
  readonly unknown: (text: string, nearest: string | undefined) => void;
}

/** Commands that are kept for the arrow keys. */
const keptCommands = 50;

export function createPrompt({ words, run, unknown }: PromptOptions): Prompt {
  const store = createStore<PromptState | undefined>(undefined);
  let editor: LineEditor | undefined;
  let before = '';
  let stop = () => {};
  const typed: string[] = [];
  let recalled = 0;

  function open(kind: PromptState['kind'], text: Store<string>): void {
    editor = createLineEditor(text);
    before = text.get();
    recalled = typed.length;
    const publish = () =>
      store.set({ kind, text: text.get(), candidates: kind === 'command' ? completions(text.get(), words()) : [] });
    stop = text.subscribe(publish);
    publish();
  }

  function close(): void {
    stop();
    editor = undefined;
    store.set(undefined);
  }

  function execute(text: string): void {
    if (text.trim() === '') return;
    if (typed.at(-1) !== text) typed.push(text);
    if (typed.length > keptCommands) typed.shift();
    const command = parseCommand(text, words());
    if (command === undefined) unknown(text.trim(), nearestWord(text, words()));
    else run(command);
  }

  function recall(step: number): void {
    recalled = Math.max(0, Math.min(typed.length, recalled + step));
    editor?.text.set(typed[recalled] ?? '');
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    openFilter: (filter) => open('filter', filter),
    openCommand: () => open('command', createStore('')),
    press(command, key) {
      const state = store.get();
      if (state === undefined || editor === undefined) return;
      const { text } = editor;
      const empty = text.get() === '';
      if (command === 'typing-done') {
        close();
        if (state.kind === 'command') execute(state.text);
      } else if (command === 'typing-cancel') {
        // A filter goes back to none at all: what one sees is what there is.
        if (state.kind === 'filter') text.set('');
        close();
      } else if (command === 'typing-erase' && empty) {
        if (state.kind === 'filter') text.set(before === '' ? '' : text.get());
        close();
      } else if (state.kind === 'command' && command === 'typing-complete') {
        text.set(completeLine(state.text, words()));
      } else if (state.kind === 'command' && (key === 'up' || key === 'down')) {
        recall(key === 'up' ? -1 : 1);
      } else {
        editor.press(command, key);
      }
    },
    paste: (pasted) => editor?.paste(pasted),
  };
}
