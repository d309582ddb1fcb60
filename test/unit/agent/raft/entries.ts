/** Entries for tests. */
import fc from 'fast-check';
import { entryTypes, type LogEntry } from '../../../../src/agent/raft/api.ts';

export const entry = (index: number, term: number, text = `entry ${index}/${term}`): LogEntry => ({
  index,
  term,
  type: entryTypes.command,
  data: Buffer.from(text),
  extensions: null,
  appendedAtMs: 0,
});

export const entries = (from: number, to: number, term: number): LogEntry[] =>
  Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, term));

/** What a test compares: terms and texts by index. */
export const plain = (list: readonly LogEntry[]): string[] =>
  list.map(({ index, term, data }) => `${index}/${term} ${Buffer.from(data).toString()}`);

const anyBody = fc.record({
  term: fc.integer({ min: 1, max: 2 ** 40 }),
  type: fc.constantFrom(...Object.values(entryTypes)),
  data: fc.uint8Array({ maxLength: 300 }),
  extensions: fc.option(fc.uint8Array({ maxLength: 20 })),
  appendedAtMs: fc.integer({ min: 0, max: 2 ** 45 }),
});

/** Entries that follow each other. */
export const anyEntries: fc.Arbitrary<LogEntry[]> = fc
  .tuple(fc.integer({ min: 1, max: 2 ** 48 }), fc.array(anyBody, { minLength: 1, maxLength: 20 }))
  .map(([first, bodies]) => bodies.map((body, i) => ({ index: first + i, ...body })));
