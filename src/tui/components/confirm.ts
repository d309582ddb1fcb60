/** The last question before something is changed: what it is, what it equals, and `y`. */
import type { Layer } from '../app/layer.ts';
import { type Line, sanitize, span, wrap } from '../text.ts';
import { signs } from '../theme.ts';
import { box } from './box.ts';

export interface ConfirmOptions {
  readonly title: string;
  readonly warning: string | undefined;
  /** Shell commands that do the same. */
  readonly commands: readonly string[];
  readonly confirmed: () => void;
  readonly close: () => void;
}

/** Of many marked rows the first tell enough. */
const mostCommands = 8;

export function confirmLayer({ title, warning, commands, confirmed, close }: ConfirmOptions): Layer {
  return {
    kind: 'confirm',
    scopes: ['confirm'],
    subscribe: () => () => {},
    handle(command) {
      if (command === 'yes') confirmed();
      else if (command === 'back') close();
    },
    draw(size) {
      const width = Math.max(20, Math.min(96, size.width - 4));
      const shown = commands.slice(0, mostCommands).flatMap((each) => wrap(sanitize(each), width - 4));
      const lines: Line[] = [
        ...(warning === undefined ? [] : [...wrap(warning, width).map((row) => [span(row, 'warn')]), []]),
        [span('The same from a shell:', 'muted')],
        ...shown.map((row): Line => [span('  '), span(row, 'value')]),
        ...(commands.length > mostCommands ? [[span(`  … and ${commands.length - mostCommands} more`, 'muted')]] : []),
        [],
        [
          span(`${signs.warn} `, 'warn'),
          span('y', 'accent', { bold: true }),
          span(' do it    '),
          span('n', 'accent', { bold: true }),
          span(' leave it'),
        ],
      ];
      return box({ title, lines, size, width: 44 });
    },
  };
}
