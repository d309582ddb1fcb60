import { describe, expect, it } from 'vitest';
import { type Remote, Replicator } from '../../../../../src/agent/server/replication/replicator.ts';
import { silentLogger } from '../../../../silent.ts';
import { manualRuntime } from '../manual-runtime.ts';

interface Row {
  readonly id: string;
  readonly text: string;
}

const turn = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

/** A table here, and one in a primary that answers when a test says so. */
function start(here: Record<string, string>) {
  const runtime = manualRuntime();
  const asked: number[] = [];
  const applied: string[] = [];
  const rounds: (number | null)[] = [];
  let answer: (remote: Remote<Row> | Error) => void = () => {};
  const table = new Map(Object.entries(here));
  const replicator = new Replicator<Row, Row>(
    {
      name: 'rows',
      fetch(minIndex, signal) {
        asked.push(minIndex);
        return new Promise((resolve, reject) => {
          answer = (remote) => (remote instanceof Error ? reject(remote) : resolve(remote));
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      },
      local: () => [...table].map(([id, text]) => ({ id, text })),
      keyOf: ({ id }) => id,
      isSame: (a, b) => a.text === b.text,
      async apply(removed, changed) {
        for (const { id } of removed) {
          table.delete(id);
          applied.push(`-${id}`);
        }
        for (const { id, text } of changed) {
          table.set(id, text);
          applied.push(`+${id}`);
        }
      },
    },
    { clock: runtime.clock, logger: silentLogger, onRound: (index) => rounds.push(index) },
  );
  replicator.start();
  const give = async (remote: Remote<Row> | Error, thenMs: number): Promise<void> => {
    answer(remote);
    await turn();
    runtime.advance(thenMs);
    await turn();
  };
  return { replicator, runtime, asked, applied, rounds, give };
}

const rows = (all: Record<string, string>): Row[] => Object.entries(all).map(([id, text]) => ({ id, text }));

describe('a replicator', () => {
  it('removes what is not there, writes what differs, and waits beyond the index', async () => {
    const { asked, applied, rounds, give } = start({ a: '1', b: '1', c: '1' });
    await give({ index: 7, items: rows({ a: '1', b: '2', d: '1' }) }, 300);
    expect(applied).toEqual(['-c', '+b', '+d']);
    await give({ index: 7, items: rows({ a: '1', b: '2', d: '1' }) }, 300);
    expect(applied).toHaveLength(3);
    expect([asked, rounds]).toEqual([
      [0, 7, 7],
      [7, 7],
    ]);
  });

  it('tries again, later every time, and compares everything anew', async () => {
    const { asked, rounds, give } = start({});
    await give({ index: 7, items: [] }, 300);
    await give(new Error('away'), 900);
    expect(asked).toEqual([0, 7]);
    await give(new Error('away'), 200);
    expect(asked).toEqual([0, 7, 0]);
    await give(new Error('away'), 1_900);
    expect(asked).toHaveLength(3);
    await give(new Error('away'), 200);
    expect(asked).toHaveLength(4);
    expect(rounds).toEqual([7, null, null]);
  });

  it('takes an index that went back for another history', async () => {
    const { asked, give } = start({});
    await give({ index: 7, items: [] }, 300);
    await give({ index: 3, items: [] }, 300);
    expect(asked).toEqual([0, 7, 0]);
  });

  it('stops in the middle of everything', async () => {
    const { replicator, runtime, applied, give } = start({ a: '1' });
    replicator.stop();
    await give({ index: 1, items: [] }, 100_000);
    expect([applied, runtime.pending()]).toEqual([[], 0]);
  });
});
