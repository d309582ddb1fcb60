import { describe, expect, it } from 'vitest';
import { TryAgain } from '../../../../src/agent/rpc/forwarder.ts';
import { ConnectionError, RemoteError } from '../../../../src/agent/rpc/stream-client.ts';
import { Dispatcher, type DispatcherOptions } from '../../../../src/agent/server/dispatch.ts';
import { Gate } from '../../../../src/agent/server/gate.ts';
import { silentMetrics } from '../../../silent.ts';
import { manualRuntime } from './manual-runtime.ts';

const holdTimeoutMs = 7_000;
const lost = new TryAgain('rpc error making call: keepalive timeout', {
  cause: new ConnectionError('keepalive timeout'),
});
const leaderless = new TryAgain('rpc error making call: No cluster leader', {
  cause: new RemoteError('No cluster leader'),
});

/** A follower whose leader is the test. */
function follower() {
  const runtime = manualRuntime();
  const asked: { waitS: number; answer: () => void; fail: (error: Error) => void }[] = [];
  const toLeader = (_leader: object, _method: string, args: { MaxQueryTime?: number }) =>
    new Promise((answer, fail) => {
      asked.push({ waitS: (args.MaxQueryTime ?? 0) / 1e9, answer: () => answer({ reply: {}, meta: {} }), fail });
    });
  const dispatcher = new Dispatcher({
    context: {
      runtime,
      acl: null,
      tokens: { replication: '' },
      metrics: silentMetrics,
      config: {
        ...{ datacenter: 'dc1', primaryDatacenter: 'dc1', connect: { enabled: false } },
        ...{ defaultQueryTimeMs: 300_000, maxQueryTimeMs: 600_000 },
      },
      raft: { leadership: { leader: { id: 'b', address: 'b:8300' }, isLeader: false }, onLeadership: () => () => {} },
    },
    gate: new Gate(runtime, holdTimeoutMs),
    forwarder: { toLeader, tellsReadIndex: () => false },
    ...{ reads: {}, isReady: () => false, hasHeard: () => true, silentMs: () => 0 },
  } as unknown as DispatcherOptions);
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      runtime.advance(100);
      for (let i = 0; i < 10; i++) await null;
    }
  };
  const outcomeOf = (args: object): Promise<string> =>
    Promise.resolve(dispatcher.call('KVS.Get', { Key: 'k', ...args })).then(
      () => 'answered',
      (error: Error) => error.message,
    );
  return { asked, pass, outcomeOf };
}

describe('a query that a follower passes on', () => {
  it('outlives any number of leaders while it waits, and waits no longer than it was to', async () => {
    const { asked, pass, outcomeOf } = follower();
    const outcome = outcomeOf({ MinQueryIndex: 9, MaxQueryTime: 200e9 });
    for (const at of [0, 1, 2]) {
      await pass(60_000);
      asked[at]?.fail(lost);
      await pass(500);
    }
    expect(asked).toHaveLength(4);
    for (const [at, leftS] of [200, 140, 79, 18].entries()) {
      expect(Math.abs(Number(asked[at]?.waitS) - leftS)).toBeLessThan(2);
    }
    asked[3]?.answer();
    expect(await outcome).toBe('answered');
  });

  it('is refused when the hold time passes without a leader that takes it', async () => {
    const { asked, pass, outcomeOf } = follower();
    const outcome = outcomeOf({ MinQueryIndex: 9 });
    for (let at = 0; at < 3; at++) {
      asked[at]?.fail(leaderless);
      await pass(500);
    }
    await pass(holdTimeoutMs);
    asked[3]?.fail(leaderless);
    expect(await outcome).toBe('rpc error making call: No cluster leader');
  });

  it('and that does not wait is held once, however long leaders keep it', async () => {
    const { asked, pass, outcomeOf } = follower();
    const outcome = outcomeOf({});
    for (const at of [0, 1]) {
      await pass(40_000);
      asked[at]?.fail(lost);
      await pass(500);
    }
    expect(await outcome).toBe(lost.message);
    expect(asked.map(({ waitS }) => waitS)).toEqual([0, 0]);
  });
});
