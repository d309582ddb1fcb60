import { describe, expect, it } from 'vitest';
import { ByteMeter } from '../../../src/cli/byte-meter.ts';
import { byteSize } from '../../../src/cli/byte-size.ts';

async function* chunks(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size);
}

async function metered(meter: ByteMeter, sizes: readonly number[], tick: () => void): Promise<string[]> {
  const texts: string[] = [];
  for await (const _ of meter.count(chunks(...sizes), (text) => texts.push(text))) tick();
  return texts;
}

describe('a byte meter', () => {
  it('tells how much, of how much, and how fast', async () => {
    let nowMs = 0;
    const tick = () => {
      nowMs += 500;
    };
    const meter = new ByteMeter(() => nowMs, 4096);
    expect(await metered(meter, [1024, 1024, 2048], tick)).toEqual([
      '1KB of 4KB (25%)',
      '2KB of 4KB (50%), 4KB/s',
      '4KB of 4KB (100%), 4KB/s',
    ]);
  });

  it('tells no share where the whole is not known', async () => {
    let nowMs = 0;
    const meter = new ByteMeter(() => nowMs);
    nowMs = 2000;
    expect(await metered(meter, [3 << 20], () => undefined)).toEqual(['3MB, 1.5MB/s']);
  });

  it('rounds sizes for people', () => {
    expect([0, 1023, 2631, 5 << 20].map(byteSize)).toEqual(['0B', '1023B', '2.6KB', '5MB']);
  });
});
