import { expect, it } from 'vitest';
import { WholeLineWriter } from '../../../../src/agent/telemetry/whole-line-writer.ts';

const lines = (...texts: string[]) => texts.map((line) => ({ line: `${line}\n`, tag: 0 }));

/** A disk of so many bytes that takes at most `step` a write. */
function disk(step: number) {
  const state = { free: 0, text: '' };
  const writer = new WholeLineWriter(async (bytes) => {
    const count = Math.min(step, state.free, bytes.length);
    if (count === 0) throw new Error('ENOSPC');
    state.free -= count;
    state.text += Buffer.from(bytes.subarray(0, count)).toString('latin1');
    return count;
  });
  return { state, writer };
}

it('neither splits nor repeats a line, wherever the disk was full', async () => {
  const batch = lines('first', 'second', 'thïrd');
  const total = Buffer.byteLength(batch.map(({ line }) => line).join(''));
  for (let fullAt = 0; fullAt <= total; fullAt++) {
    const { state, writer } = disk(4);
    state.free = fullAt;
    const first = await writer.write(batch);
    expect(writer.midLine).toBe(!['', 'first\n', 'first\nsecond\n'].includes(state.text) && fullAt < total);
    state.free = 1000;
    const rest = batch.slice(first.written);
    if (rest.length > 0) {
      expect(Buffer.from(writer.remaining(rest)).toString('latin1')).toBe(
        Buffer.from('first\nsecond\nthïrd\n').toString('latin1').slice(fullAt),
      );
      expect(await writer.write(rest)).toEqual({ written: rest.length, error: null });
    }
    expect(state.text).toBe(Buffer.from('first\nsecond\nthïrd\n').toString('latin1'));
  }
});
