import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Persist } from '../../../../src/agent/raft/core/effects.ts';
import { DiskWriter, merged } from '../../../../src/agent/raft/disk-writer.ts';
import type { LogWrite } from '../../../../src/agent/raft/log-store.ts';
import { MemoryLogStore } from '../../../../src/agent/raft/log-store-memory.ts';
import { entries, plain } from './entries.ts';

/** A store whose writes end when the test says so. */
class SlowStore extends MemoryLogStore {
  readonly waiting: { write: LogWrite; finish: (error?: Error) => Promise<void> }[] = [];
  override write(write: LogWrite): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = async (error?: Error): Promise<void> => {
        if (error) reject(error);
        else await super.write(write).then(resolve);
        // Lets the writer go on to what waits.
        for (let i = 0; i < 10; i++) await Promise.resolve();
      };
      this.waiting.push({ write, finish });
    });
  }
}

const persist = (seq: number, from: number, to: number, term = 1): Persist => ({
  seq,
  hardState: null,
  entries: entries(from, to, term),
  messages: [],
});

function writerOver(store: SlowStore) {
  const log: string[] = [];
  const seqs = (writes: readonly Persist[]): string => writes.map(({ seq }) => seq).join(',');
  const writer = new DiskWriter(store, {
    persisted: (writes) => log.push(`persisted ${seqs(writes)}`),
    failed: (writes, error) => log.push(`failed ${seqs(writes)}: ${error instanceof Error ? error.message : error}`),
    idle: () => log.push('idle'),
  });
  return { writer, log };
}

describe('the disk writer', () => {
  it('starts at once, and does together what gathered meanwhile', async () => {
    const store = new SlowStore();
    const { writer, log } = writerOver(store);
    writer.write(persist(1, 1, 2));
    writer.write(persist(2, 3, 3));
    writer.write(persist(3, 4, 6));
    expect(store.waiting.map(({ write }) => write.entries.length)).toEqual([2]);
    await store.waiting[0]!.finish();
    expect(store.waiting.map(({ write }) => write.entries.length)).toEqual([2, 4]);
    await store.waiting[1]!.finish();
    expect(log).toEqual(['persisted 1', 'persisted 2,3', 'idle']);
  });

  it('fails everything behind a write that failed, and works again afterwards', async () => {
    const store = new SlowStore();
    const { writer, log } = writerOver(store);
    writer.write(persist(1, 1, 2));
    writer.write(persist(2, 3, 3));
    await store.waiting[0]!.finish(new Error('no space'));
    writer.write(persist(3, 1, 1));
    await store.waiting[1]!.finish();
    expect(log).toEqual(['failed 1,2: no space', 'idle', 'persisted 3', 'idle']);
    expect(plain(store.read(1, store.lastIndex))).toEqual(plain(entries(1, 1, 1)));
  });

  it('runs a job in its place among the writes', async () => {
    const store = new SlowStore();
    const { writer, log } = writerOver(store);
    writer.write(persist(1, 1, 1));
    void writer.run(async () => {
      log.push('job');
    });
    writer.write(persist(2, 2, 2));
    await store.waiting[0]!.finish();
    await store.waiting[1]!.finish();
    expect(log).toEqual(['persisted 1', 'job', 'persisted 2', 'idle']);
  });

  it('stores the same whether writes are merged or done one by one', async () => {
    const step = fc.record({ back: fc.nat(6), count: fc.integer({ min: 1, max: 5 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const writes: Persist[] = [];
        let last = 0;
        steps.forEach(({ back, count }, i) => {
          const from = Math.max(1, last + 1 - back);
          last = from + count - 1;
          writes.push(persist(i + 1, from, last, i + 1));
        });
        const oneByOne = new MemoryLogStore();
        for (const write of writes) await oneByOne.write(write);
        const together = new MemoryLogStore();
        await together.write(merged(writes));
        expect(plain(together.read(1, together.lastIndex))).toEqual(plain(oneByOne.read(1, oneByOne.lastIndex)));
      }),
    );
  });
});
