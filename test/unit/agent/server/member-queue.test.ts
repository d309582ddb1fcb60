/** News of members on their way to the catalog. */
import { expect, it } from 'vitest';
import type { Member } from '../../../../src/agent/gossip/member.ts';
import { MemberQueue } from '../../../../src/agent/server/leader/member-queue.ts';
import { manualRuntime } from './manual-runtime.ts';

const member = (name: string, status: Member['status'] = 'alive'): Member => ({
  name,
  address: '10.0.0.1',
  port: 8301,
  status,
  tags: {},
  protocol: { min: 1, max: 5, current: 2 },
  delegate: { min: 2, max: 5, current: 4 },
});
const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

it('keeps what comes before the leader is ready, and the last word on each member', async () => {
  const seen: string[] = [];
  const queue = new MemberQueue({
    clock: manualRuntime().clock,
    reconcile: async ({ name, status }) => void seen.push(`${name} ${status}`),
    onError: () => {},
  });
  queue.add(member('a'));
  queue.add(member('b'));
  queue.add(member('a', 'failed'));
  await turn();
  expect(seen).toEqual([]);
  queue.open();
  await turn();
  expect(seen).toEqual(['b alive', 'a failed']);
});

it('does one after the other, and again what failed', async () => {
  const runtime = manualRuntime();
  const seen: string[] = [];
  const errors: unknown[] = [];
  let busy = false;
  const queue = new MemberQueue({
    clock: runtime.clock,
    reconcile: async ({ name }) => {
      if (busy) throw new Error('another change is in progress');
      busy = true;
      await turn();
      busy = false;
      seen.push(name);
      if (name === 'b' && seen.length === 2) throw new Error('not now');
    },
    onError: (error) => errors.push(error),
  });
  queue.open();
  for (const name of ['a', 'b', 'c']) queue.add(member(name));
  for (let i = 0; i < 10; i++) await turn();
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(errors).toHaveLength(1);
  runtime.advance(1_000);
  for (let i = 0; i < 3; i++) await turn();
  expect(seen).toEqual(['a', 'b', 'c', 'b']);
  queue.add(member('d'));
  queue.stop();
  expect(runtime.pending()).toBe(0);
});
