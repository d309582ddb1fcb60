import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../../src/agent/raft/api.ts';
import { BadRecord, decodeRecord, recordBytes, writeRecord } from '../../../../src/agent/raft/log-record.ts';
import { anyEntries, entries } from './entries.ts';

function encodeRecord(list: readonly LogEntry[]): Buffer {
  const out = Buffer.alloc(recordBytes(list));
  expect(writeRecord(out, 0, list)).toBe(out.length);
  return out;
}

describe('a log record', () => {
  it('gives back the entries it was made of', () => {
    fc.assert(
      fc.property(anyEntries, (list) => {
        const back = decodeRecord(encodeRecord(list));
        expect(back.map((e) => ({ ...e, data: [...e.data], extensions: e.extensions && [...e.extensions] }))).toEqual(
          list.map((e) => ({ ...e, data: [...e.data], extensions: e.extensions && [...e.extensions] })),
        );
      }),
    );
  });

  it('is refused when it is cut short or has something behind it', () => {
    const record = encodeRecord(entries(5, 9, 3));
    for (let length = 0; length < record.length; length++) {
      expect(() => decodeRecord(record.subarray(0, length))).toThrow(BadRecord);
    }
    expect(() => decodeRecord(Buffer.concat([record, Buffer.alloc(1)]))).toThrow(BadRecord);
  });

  it('is refused when it is garbage, or read as something else', () => {
    fc.assert(
      fc.property(anyEntries, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, where, flip) => {
        const record = encodeRecord(list);
        record[where % record.length]! ^= flip;
        try {
          decodeRecord(record);
        } catch (error) {
          expect(error).toBeInstanceOf(BadRecord);
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeRecord(Buffer.from(bytes))).toThrow(BadRecord);
      }),
    );
  });
});
