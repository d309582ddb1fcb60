import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chart, niceTop } from '../../../src/tui/components/chart.ts';
import { framed } from '../../../src/tui/components/frame.ts';
import { header } from '../../../src/tui/components/header.ts';
import { parseFilter } from '../../../src/tui/filter.ts';
import { age, bytes, compact, count, latency } from '../../../src/tui/format.ts';
import { placeColumns } from '../../../src/tui/rows/column.ts';
import { lineWidth, plainText, span } from '../../../src/tui/text.ts';
import { pulseLayout } from '../../../src/tui/views/pulse/layout.ts';

describe('a chart', () => {
  it('is filled from below, newest at the right, two samples a cell', () => {
    const lines = chart([0, 1, 2, 3, 4], { width: 3, height: 1, tone: 'good', top: 4 });
    expect(lines.map(plainText)).toEqual(['⢀⣠⣾']);
  });

  it('has a base line where nothing was measured yet', () => {
    expect(chart([], { width: 4, height: 2, tone: 'good' }).map(plainText)).toEqual(['    ', '⣀⣀⣀⣀']);
  });

  it('shows that little is not none, and never more than its top', () => {
    const lines = chart([0.001, 1e9], { width: 1, height: 2, tone: 'good', top: 10 });
    expect(lines.map(plainText)).toEqual(['⢸', '⣸']);
  });

  it('has exactly its size for any samples', () => {
    const samples = fc.array(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), { maxLength: 300 });
    fc.assert(
      fc.property(
        samples,
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 12 }),
        (values, width, height) => {
          const lines = chart(values, { width, height, tone: 'good' });
          expect(lines).toHaveLength(height);
          for (const line of lines) expect(lineWidth(line)).toBe(width);
        },
      ),
    );
  });

  it('scales to calm numbers', () => {
    expect([0, 0.3, 1, 7, 23, 60, 101].map(niceTop)).toEqual([1, 0.5, 1, 10, 50, 100, 200]);
  });
});

describe('a frame', () => {
  it('has exactly its size, whatever is put into it', () => {
    const text = fc.string({ maxLength: 60 }).map((content) => [span(content.replace(/[^\x20-\x7e]/g, ''))]);
    const size = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(fc.array(text), text, text, size, size, (lines, title, note, width, height) => {
        const drawn = framed(lines, { title, note, width, height });
        expect(drawn).toHaveLength(height);
        for (const line of drawn) expect(lineWidth(line)).toBe(width);
      }),
    );
  });
});

describe('the header', () => {
  it('spells out only the active view where there is no room for all', () => {
    const options = {
      datacenter: 'dc1',
      address: 'http://x',
      link: { kind: 'live', sinceMs: 0 },
      nowMs: 0,
      replay: undefined,
      active: 1,
    } as const;
    const tabs = ['Overview', 'Members', 'KV'];
    expect(plainText(header({ ...options, tabs, width: 40 }))).toBe(' tc  dc1  ● live        1  2 Members  3 ');
    expect(plainText(header({ ...options, tabs, width: 60 }))).toContain('1 Overview  2 Members  3 KV');
  });
});

describe('the columns of a table', () => {
  const columns = [
    { title: 'A', width: 4, grow: 1, cell: (row: string) => span(row) },
    { title: 'B', width: 4, cell: (row: string) => span(row) },
    { title: 'C', width: 4, from: 30, cell: (row: string) => span(row) },
  ];
  const widths = (rows: string[], width: number) => placeColumns(columns, rows, width).map((column) => column.width);

  it('grow to what they hold', () => {
    expect(widths(['a long enough text'], 28)).toEqual([22, 4]);
    expect(widths(['a long enough text'], 100)).toEqual([26, 4, 4]);
  });

  it('are left out where the table is too narrow for them', () => {
    expect(widths([], 29)).toHaveLength(2);
    expect(widths([], 30)).toHaveLength(3);
  });
});

describe('the layout of the first page', () => {
  it('uses every line from 80x24 up, for any number of servers and pinned metrics', () => {
    const width = fc.integer({ min: 80, max: 300 });
    const height = fc.integer({ min: 22, max: 100 });
    const few = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(width, height, few, fc.integer({ min: 0, max: 4 }), (columns, rows, servers, pinned) => {
        const layout = pulseLayout(columns, rows, servers, pinned);
        const lists = layout.sideBySide ? layout.serversHeight : layout.serversHeight + layout.eventsHeight;
        const above = layout.problemsHeight + layout.tilesHeight + layout.chartsHeight + layout.pinnedHeight;
        expect(above + lists).toBe(rows);
        expect(layout.tileWidths.reduce((sum, each) => sum + each, 0)).toBe(columns);
        expect(layout.chartWidths.reduce((sum, each) => sum + each, 0)).toBe(columns);
        expect(layout.problemsHeight).toBe(5);
      }),
    );
  });

  it('shows five servers at 80x24', () => {
    expect(pulseLayout(80, 22, 5, 0).serversHeight).toBeGreaterThanOrEqual(5 + 3);
  });
});

describe('a filter', () => {
  const subject = { text: 'node web-01 10.0.0.1:80', state: 'critical', tags: ['green', 'v1'] };
  it.each([
    ['WEB', true],
    ['db', false],
    ['web 10.0', true],
    ['web db', false],
    ['!web', false],
    ['!db', true],
    ['^node.*80$', true],
    ['web-(1|2)', false],
    ['0.0.1:8', true],
    ['(', false],
    ['-f nw1', true],
    ['-f wn1', false],
    ['state:crit', true],
    ['state:passing', false],
    ['!state:passing', true],
    ['tag:GREEN', true],
    ['tag:blue', false],
    ['tag:v1 state:critical !db', true],
  ])('%s', (text, passes) => {
    expect(parseFilter(text)?.(subject)).toBe(passes);
  });

  it('lets everything pass while it says nothing', () => {
    for (const text of ['', '!', '-f', ' ']) expect(parseFilter(text)).toBeUndefined();
  });
});

describe('numbers for people', () => {
  it.each([
    [compact(0.42), '0.4'],
    [compact(950), '950'],
    [compact(1_234), '1.2k'],
    [compact(999_950), '1M'],
    [compact(34_500_000), '34.5M'],
    [count(1_234_567), '1,234,567'],
    [bytes(512), '512 B'],
    [bytes(54_525_952), '52 MiB'],
    [latency(0.42), '0.42 ms'],
    [latency(1_250), '1.3 s'],
    [age(8_000), '8s'],
    [age(192_000), '3m 12s'],
    [age(7_500_000), '2h 5m'],
    [age(90_000_000), '1d 1h'],
  ])('%s', (shown, expected) => {
    expect(shown).toBe(expected);
  });
});
