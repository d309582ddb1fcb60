import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadRecord, decodeRecord, encodeRecord } from '../../../../src/agent/raft/log-record.ts';
import { anyEntries, entries } from './entries.ts';

describe('a log record', () => {
  it('gives back the entries it was made of', () => {
    fc.assert(
      fc.property(anyEntries, (list) => {
        const back = decodeRecord(encodeRecord(list), list[0]!.index);
        expect(back.map((e) => ({ ...e, data: [...e.data], extensions: e.extensions && [...e.extensions] }))).toEqual(
          list.map((e) => ({ ...e, data: [...e.data], extensions: e.extensions && [...e.extensions] })),
        );
      }),
    );
  });

  it('is refused when any single byte is changed', () => {
    fc.assert(
      fc.property(anyEntries, fc.nat(), fc.integer({ min: 1, max: 255 }), (list, where, flip) => {
        const record = encodeRecord(list);
        record[where % record.length]! ^= flip;
        expect(() => decodeRecord(record, list[0]!.index)).toThrow(BadRecord);
      }),
    );
  });

  it('is refused when it is cut short or has something behind it', () => {
    const record = encodeRecord(entries(5, 9, 3));
    for (let length = 0; length < record.length; length++) {
      expect(() => decodeRecord(record.subarray(0, length), 5)).toThrow(BadRecord);
    }
    expect(() => decodeRecord(Buffer.concat([record, Buffer.alloc(1)]), 5)).toThrow(BadRecord);
  });

  it('is refused under another index than its own', () => {
    expect(() => decodeRecord(encodeRecord(entries(5, 9, 3)), 6)).toThrow('record belongs elsewhere');
  });

  it('is refused when it is garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeRecord(Buffer.from(bytes), 1)).toThrow(BadRecord);
      }),
    );
  });
});
