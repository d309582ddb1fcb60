import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Answer } from '../../../../src/agent/rpc/caller.ts';
import { subscribe } from '../../../../src/agent/server/subscribe.ts';
import type { CheckServiceNode, IndexedCheckServiceNodes } from '../../../../src/structs/catalog.ts';
import * as structs from '../../../../src/structs/catalog.ts';
import { make } from '../../../../src/structs/make.ts';
import {
  type Event,
  eventCodec,
  SubscribeRequest,
  subscribeRequestCodec,
  topics,
} from '../../../../src/structs/subscribe.ts';

type Reply = IndexedCheckServiceNodes;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const instance = (id: string, index: number): CheckServiceNode =>
  make(structs.CheckServiceNode, {
    Node: make(structs.Node, { Node: 'n', ModifyIndex: index }),
    Service: make(structs.NodeService, { ID: id, Service: 'web', ModifyIndex: index }),
    Checks: [],
  });

/** A caller that follows `web` through the answers it is handed one by one. */
class Follower {
  readonly events: Event[] = [];
  readonly #asked: ((answer: Answer<Reply>) => void)[] = [];
  readonly #over = new AbortController();
  readonly ended: Promise<void>;

  constructor() {
    const method = subscribe({
      health: () => new Promise((resolve) => this.#asked.push(resolve)),
      pause: async () => {},
    });
    this.ended = method({
      request: subscribeRequestCodec.encode(make(SubscribeRequest, { Topic: topics.serviceHealth, Key: 'web' })),
      signal: this.#over.signal,
      send: async (message) => void this.events.push(eventCodec.decode(message)),
    }).catch(() => {});
  }

  async hand(answer: Answer<Reply>): Promise<void> {
    this.#asked.shift()!(answer);
    await turn();
  }
}

function answer(index: number, nodes: readonly CheckServiceNode[]): Answer<Reply> {
  const reply = make(structs.IndexedCheckServiceNodes, { Nodes: [...nodes], Index: index });
  const meta = {
    Index: index,
    LastContact: 0,
    KnownLeader: true,
    ConsistencyLevel: '',
    NotModified: false,
    Backend: 0,
  };
  return { reply, meta } as unknown as Answer<Reply>;
}

test('between two answers lie the events', async () => {
  const follower = new Follower();
  const [a, b] = [instance('a', 3), instance('b', 4)];
  await follower.hand(answer(3, [a]));
  await follower.hand(answer(4, [a, b]));
  await follower.hand(answer(6, [b]));
  const told = follower.events.map(({ Index, ServiceHealth, EndOfSnapshot }) => [
    Index,
    EndOfSnapshot ? 'end of snapshot' : `${ServiceHealth?.Op} ${ServiceHealth?.CheckServiceNode?.Service?.ID}`,
  ]);
  expect(told).toEqual([
    [3, '0 a'],
    [3, 'end of snapshot'],
    [4, '0 b'],
    [6, '1 a'],
  ]);
});

test('an answer does not keep those before it', async () => {
  const followers = [new Follower(), new Follower()];
  const seen: WeakRef<Reply>[] = [];
  for (let index = 1; index <= 8; index++) {
    const next = answer(index, [instance('a', index)]);
    seen.push(new WeakRef(next.reply));
    for (const follower of followers) await follower.hand(next);
  }
  await turn();
  collect();
  const kept = seen.filter((reply) => reply.deref() !== undefined).length;
  // The last is what they know; the one before may still be on the stack.
  expect(kept).toBeLessThanOrEqual(2);
});
