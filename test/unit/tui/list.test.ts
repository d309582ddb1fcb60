import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../src/tui/keys.ts';
import { createList, visibleRows } from '../../../src/tui/list.ts';

const commands = ['up', 'down', 'page-up', 'page-down', 'first', 'last'] as const satisfies readonly Command[];
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a list', () => {
  it('keeps the cursor on its row when rows come before it', () => {
    const list = createList<number>({ keyOf: String });
    list.setRows([10, 20, 30]);
    list.handle('down', 5);
    list.setRows([5, 7, 10, 20, 30]);
    expect(list.current()).toBe(20);
  });

  it('leaves a cursor that nobody moved at the start', () => {
    const list = createList<number>({ keyOf: String });
    list.setRows([10, 20]);
    list.setRows([1, 10, 20]);
    expect(list.current()).toBe(1);
  });

  it('stays near when the row under the cursor is gone', () => {
    const list = createList<number>({ keyOf: String });
    list.setRows([10, 20, 30]);
    list.handle('last', 5);
    list.setRows([10, 20]);
    expect(list.current()).toBe(20);
    list.setRows([]);
    expect(list.current()).toBeUndefined();
  });

  it('follows the end when it is sticky, until the cursor leaves it', () => {
    const list = createList<number>({ keyOf: String, sticky: true });
    list.setRows(numbers(10));
    list.setRows(numbers(20));
    expect(list.current()).toBe(19);
    list.handle('up', 5);
    list.setRows(numbers(30));
    expect(list.current()).toBe(18);
  });

  it('shows the cursor and fills the screen, whatever was pressed and however the size changes', () => {
    const step = fc.record({
      command: fc.constantFrom(...commands),
      height: fc.integer({ min: 1, max: 30 }),
      rows: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const list = createList<number>({ keyOf: String });
        for (const { command, height, rows } of steps) {
          list.setRows(numbers(rows));
          list.handle(command, height);
          const shown = visibleRows(list.get(), height);
          expect(shown.rows).toHaveLength(Math.min(height, rows));
          if (rows > 0) expect(shown.rows).toContain(list.current());
        }
      }),
    );
  });
});
