import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Awareness } from '../../../../src/agent/gossip/memberlist/core/awareness.ts';
import { BroadcastQueue } from '../../../../src/agent/gossip/memberlist/core/broadcast-queue.ts';
import {
  pushPullIntervalMs,
  retransmitLimit,
  suspicionMinMs,
} from '../../../../src/agent/gossip/memberlist/core/scaling.ts';
import { confirm, deadlineMs, startSuspicion } from '../../../../src/agent/gossip/memberlist/core/suspicion.ts';
import { addrOfText, textOfAddr } from '../../../../src/agent/gossip/memberlist/transport.ts';

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../data/vectors/memberlist.json'), 'utf8'),
) as { name: string; decoded: Record<string, number>[] }[];
const table = (name: string): Record<string, number>[] => vectors.find((v) => v.name === name)?.decoded ?? [];

describe('scaling with the size of the pool', () => {
  it('is as recorded', () => {
    for (const row of table('formula-table')) {
      const n = row['n'] as number;
      expect({
        n,
        retransmit_limit_mult4: retransmitLimit(4, n),
        suspicion_min_ms_lan: suspicionMinMs(4, n, 1000),
        suspicion_min_ms_wan: suspicionMinMs(6, n, 5000),
        pushpull_scale_ms_lan: pushPullIntervalMs(30_000, n),
      }).toMatchObject(row);
    }
    expect(table('formula-table').length).toBeGreaterThan(10);
  });
});

describe('suspicion', () => {
  it('leaves the recorded times for every number of confirmations', () => {
    for (const row of table('suspicion-remaining-table')) {
      const suspicion = {
        startedMs: 0,
        minMs: row['min_ms'] as number,
        maxMs: row['max_ms'] as number,
        expected: row['k'] as number,
        accusers: new Set(Array.from({ length: (row['confirmations'] as number) + 1 }, (_, i) => `n${i}`)),
      };
      expect(deadlineMs(suspicion) - (row['elapsed_ms'] as number)).toBe(row['remaining_ms']);
    }
  });

  it('counts each voice once, and none beyond what it waits for', () => {
    const suspicion = startSuspicion('a', 0, { suspicionMult: 4, maxTimeoutMult: 6, nodes: 10, minMs: 4000 });
    expect(confirm(suspicion, 'a')).toBe(false);
    expect(confirm(suspicion, 'b')).toBe(true);
    expect(confirm(suspicion, 'b')).toBe(false);
    expect(confirm(suspicion, 'c')).toBe(true);
    expect(confirm(suspicion, 'd')).toBe(false);
    expect(deadlineMs(suspicion)).toBe(4000);
  });

  it('does not wait for confirmations that cannot come', () => {
    const suspicion = startSuspicion('a', 0, { suspicionMult: 4, maxTimeoutMult: 6, nodes: 3, minMs: 4000 });
    expect(deadlineMs(suspicion)).toBe(4000);
  });
});

describe('awareness', () => {
  it('stays within its bounds and stretches timeouts', () => {
    const awareness = new Awareness(8);
    awareness.apply(-3);
    expect(awareness.scale(100)).toBe(100);
    awareness.apply(20);
    expect(awareness.score).toBe(7);
    expect(awareness.scale(100)).toBe(800);
  });
});

describe('the broadcast queue', () => {
  const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

  it('sends the least sent first, then the larger, then the newer', () => {
    const queue = new BroadcastQueue();
    queue.queue(bytes(10, 1));
    queue.queue(bytes(20, 2));
    queue.queue(bytes(10, 3));
    expect(queue.take(2, 1000, 9).map((m) => m[0])).toEqual([2, 3, 1]);
    queue.queue(bytes(5, 4));
    expect(queue.take(2, 34, 9).map((m) => m[0])).toEqual([4, 2]);
  });

  it('sends each thing at most as often as the limit, then says so', () => {
    const queue = new BroadcastQueue();
    let finished = 0;
    queue.queue(bytes(3, 1), 'n', () => finished++);
    for (let i = 0; i < 3; i++) expect(queue.take(0, 100, 3)).toHaveLength(1);
    expect(queue.take(0, 100, 3)).toHaveLength(0);
    expect([finished, queue.size]).toEqual([1, 0]);
  });

  it('replaces what was queued about the same node', () => {
    const queue = new BroadcastQueue();
    let replaced = 0;
    queue.queue(bytes(3, 1), 'n', () => replaced++);
    queue.queue(bytes(3, 2), 'n');
    expect(replaced).toBe(1);
    expect(queue.take(0, 100, 5).map((m) => m[0])).toEqual([2]);
  });

  it('prunes the most sent first', () => {
    const queue = new BroadcastQueue();
    queue.queue(bytes(3, 1));
    queue.take(0, 100, 9);
    queue.queue(bytes(3, 2));
    queue.prune(1);
    expect(queue.take(0, 100, 9).map((m) => m[0])).toEqual([2]);
  });
});

describe('addresses', () => {
  it.each([
    ['10.0.0.1', [10, 0, 0, 1]],
    ['::1', [...new Array<number>(15).fill(0), 1]],
    ['fe80::1:2', [0xfe, 0x80, ...new Array<number>(10).fill(0), 0, 1, 0, 2]],
    ['2001:db8:0:1::5', [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5]],
  ])('%s is read and written', (text, bytes) => {
    expect([...(addrOfText(text) ?? [])]).toEqual(bytes);
    expect(textOfAddr(Uint8Array.from(bytes))).toBe(text);
  });

  it('of IPv4 in 16 bytes are written as what they are', () => {
    expect(textOfAddr(Uint8Array.from([...new Array<number>(10).fill(0), 255, 255, 10, 0, 0, 1]))).toBe('10.0.0.1');
  });

  it('with a zone are read without it, and names are none', () => {
    expect(textOfAddr(addrOfText('fe80::1%eth0')!)).toBe('fe80::1');
    expect(addrOfText('host')).toBeNull();
  });
});
