import { describe, expect, it } from 'vitest';
import type { ConnectionPool } from '../../../../src/agent/rpc/pool.ts';
import { createRemoteCaller } from '../../../../src/agent/rpc/remote-caller.ts';
import { ServerList } from '../../../../src/agent/rpc/server-list.ts';
import { ConnectionError, RemoteError } from '../../../../src/agent/rpc/stream-client.ts';
import { silentLogger } from '../../../silent.ts';
import { manualRuntime } from '../server/manual-runtime.ts';

const holdTimeoutMs = 7_000;

/** Two servers, each call of which the test ends. */
function client() {
  const runtime = manualRuntime();
  const servers = new ServerList(runtime.random);
  for (const name of ['one', 'two']) servers.add({ id: name, name, address: name } as never);
  const asked: { args: Record<string, unknown>; answer: (reply: unknown) => void; fail: (error: Error) => void }[] = [];
  const pool = {
    call: (_address: string, _method: string, args: never) =>
      new Promise((answer, fail) => asked.push({ args, answer, fail })),
  } as unknown as ConnectionPool;
  const rpc = createRemoteCaller({
    ...{ pool, servers, runtime, holdTimeoutMs, logger: silentLogger, datacenter: 'dc1' },
    limit: { perSecond: -1, burst: 0 },
    waitLimits: { defaultQueryTimeMs: 300_000, maxQueryTimeMs: 600_000 },
  });
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      runtime.advance(100);
      for (let i = 0; i < 10; i++) await null;
    }
  };
  const outcomeOf = (call: unknown): Promise<string> =>
    Promise.resolve(call).then(
      () => 'answered',
      (error: Error) => error.message,
    );
  return { rpc, asked, pass, outcomeOf };
}

const lost = new ConnectionError('keepalive timeout');

describe('a call of a client agent', () => {
  it('that a server kept until it was lost goes to another one, however long that took', async () => {
    const { rpc, asked, pass, outcomeOf } = client();
    const outcome = outcomeOf(rpc.call('KVS.Get', { Key: 'k' }));
    await pass(40_000);
    asked[0]?.fail(lost);
    await pass(500);
    asked[1]?.answer({});
    expect(await outcome).toBe('answered');
  });

  it('is not asked for ever of servers that hang', async () => {
    const { rpc, asked, pass, outcomeOf } = client();
    const outcome = outcomeOf(rpc.call('KVS.Get', { Key: 'k' }));
    for (const at of [0, 1]) {
      await pass(40_000);
      asked[at]?.fail(lost);
    }
    expect(await outcome).toBe('keepalive timeout');
  });

  it('that writes is not asked twice when it was lost', async () => {
    const { rpc, asked, pass, outcomeOf } = client();
    const outcome = outcomeOf(rpc.call('KVS.Apply', {}));
    await pass(100);
    asked[0]?.fail(lost);
    expect(await outcome).toBe('keepalive timeout');
    expect(asked).toHaveLength(1);
  });

  it('that waits outlives any number of servers, and waits no longer than it was to', async () => {
    const { rpc, asked, pass, outcomeOf } = client();
    const outcome = outcomeOf(rpc.call('KVS.Get', { Key: 'k', MinQueryIndex: 5 }));
    for (const at of [0, 1, 2]) {
      await pass(99_000);
      asked[at]?.fail(lost);
      await pass(500);
    }
    expect(asked[0]?.args['MaxQueryTime']).toBe(0);
    for (const [at, leftS] of [300, 201, 101.5, 2].entries()) {
      if (at > 0) expect(Math.abs(Number(asked[at]?.args['MaxQueryTime']) / 1e9 - leftS)).toBeLessThan(1);
    }
    asked[3]?.answer({});
    expect(await outcome).toBe('answered');
  });

  it('ends after the hold time where servers say that there is no leader', async () => {
    const { rpc, asked, pass, outcomeOf } = client();
    const outcome = outcomeOf(rpc.call('KVS.Get', { Key: 'k', MinQueryIndex: 5 }));
    await pass(holdTimeoutMs);
    asked[0]?.fail(new RemoteError('No cluster leader'));
    expect(await outcome).toBe('rpc error making call: No cluster leader');
  });
});
