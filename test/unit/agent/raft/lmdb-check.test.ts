import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BadLmdbFile, checkLmdbFile } from '../../../../src/agent/raft/lmdb-check.ts';
import { openLmdbLogStore } from '../../../../src/agent/raft/log-store-lmdb.ts';
import { entries, entry } from './entries.ts';

let directory: string;
let sound: Buffer;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tc-lmdb-check-'));
  // Short and long values, several levels, free pages and runs of them.
  const store = openLmdbLogStore({ path: directory });
  for (let i = 0; i < 250; i++) {
    const first = store.lastIndex + 1;
    const list = i % 9 === 0 ? [entry(first, 1, 'long '.repeat(5000))] : entries(first, first + (i % 4), 1);
    await store.write({ hardState: { term: 1, votedFor: '' }, entries: list });
  }
  await store.compact(300);
  await store.close();
  sound = readFileSync(join(directory, 'raft.db', 'data.mdb'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function check(bytes: Uint8Array): void {
  const file = join(directory, 'candidate');
  writeFileSync(file, bytes);
  checkLmdbFile(file);
}

describe('the check of an LMDB file', () => {
  it('finds nothing wrong with one that was just written, nor with an empty one', () => {
    check(sound);
    check(new Uint8Array());
  });

  it('refuses what is no LMDB file', () => {
    for (const bytes of [Buffer.from('text'), Buffer.alloc(100_000), Buffer.alloc(8192, 0xff)]) {
      expect(() => check(bytes)).toThrow(BadLmdbFile);
    }
  });

  it('refuses a file whose pages in use are cut off', () => {
    expect(() => check(sound.subarray(0, 4096 * 3))).toThrow(BadLmdbFile);
  });

  it('notices when a page in use is replaced by another', () => {
    const root = Math.max(...[0, 4096].map((at) => Number(sound.readBigUInt64LE(at + 136))));
    const bytes = Buffer.from(sound);
    bytes.copy(bytes, root * 4096, 4096 * 2, 4096 * 3);
    expect(() => check(bytes)).toThrow(/bears another number/);
  });

  it('survives any damage with no other error than its own', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(), value: fc.nat(255) }), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        (changes, inRoots) => {
          const bytes = Buffer.from(sound);
          for (const { at, value } of changes) bytes[at % (inRoots ? 8192 : bytes.length)] = value;
          try {
            check(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(BadLmdbFile);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
