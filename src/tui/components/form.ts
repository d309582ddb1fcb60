/** A few lines to fill in. Enter goes on to the next, and from the last to what follows. */
import type { Layer } from '../app/layer.ts';
import { createLineEditor } from '../app/line-editor.ts';
import { createStore, subscribeAll } from '../models/store.ts';
import { cellWidth, type Line, pad, sanitize, span, truncateStart } from '../text.ts';
import { box } from './box.ts';

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly initial?: string;
  /** Said beside the field. */
  readonly hint?: string;
  /** May not stay empty. */
  readonly required?: boolean;
}

export type Values = Readonly<Record<string, string>>;

export interface FormOptions {
  readonly title: string;
  readonly fields: readonly Field[];
  readonly submit: (values: Values) => void;
  readonly close: () => void;
}

export function formLayer({ title, fields, submit, close }: FormOptions): Layer {
  const editors = fields.map(({ initial = '' }) => createLineEditor(createStore(initial)));
  const state = createStore({ at: 0, missing: -1 });
  const move = (step: number) =>
    state.update(({ at }) => ({ at: (at + step + fields.length) % fields.length, missing: -1 }));

  function done(): void {
    const { at } = state.get();
    if (at < fields.length - 1) {
      move(1);
      return;
    }
    const missing = fields.findIndex(({ required }, index) => required && editors[index]!.text.get().trim() === '');
    if (missing === -1) submit(Object.fromEntries(fields.map(({ name }, index) => [name, editors[index]!.text.get()])));
    else state.set({ at: missing, missing });
  }

  return {
    kind: 'form',
    scopes: ['typing'],
    subscribe: subscribeAll([state, ...editors.map(({ text }) => text)]),
    handle() {},
    type(command, key) {
      if (command === 'typing-cancel') close();
      else if (command === 'typing-done') done();
      else if (command === 'typing-complete' || key === 'down') move(1);
      else if (command === 'typing-previous' || key === 'up') move(-1);
      else editors[state.get().at]!.press(command, key);
    },
    paste: (text) => editors[state.get().at]!.paste(text),
    draw(size) {
      const { at, missing } = state.get();
      const labels = Math.max(...fields.map(({ label }) => cellWidth(label)));
      const room = Math.max(10, Math.min(60, size.width - labels - 8));
      const lines = fields.flatMap(({ label, hint = '' }, index): Line[] => {
        const text = truncateStart(sanitize(editors[index]!.text.get()), room - 1);
        const active = index === at;
        const note = index === missing ? 'must be given' : hint;
        return [
          [
            span(pad(label, labels), active ? 'accent' : 'muted', { bold: active }),
            span('  '),
            span(text),
            active ? span(' ', 'plain', { inverse: true }) : span(''),
            span('·'.repeat(Math.max(0, room - cellWidth(text) - (active ? 1 : 0))), 'border'),
          ],
          [span(' '.repeat(labels + 2)), span(note, index === missing ? 'bad' : 'muted')],
        ];
      });
      return box({ title, lines, size, footnote: [span('⏎ next  tab field  esc cancel', 'muted')] });
    },
  };
}
