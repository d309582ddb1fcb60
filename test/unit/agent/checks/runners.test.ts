import { describe, expect, it } from 'vitest';
import { startLocalAlias, startRemoteAlias } from '../../../../src/agent/checks/alias.ts';
import { type Attempt, type Result, startPeriodic } from '../../../../src/agent/checks/runner.ts';
import { startTtl } from '../../../../src/agent/checks/ttl.ts';
import type { RpcCaller } from '../../../../src/agent/rpc/caller.ts';
import { Stream } from '../../../sim/prng.ts';
import { checkNamed, localAgent, serviceWithId, settle } from '../local/support.ts';
import { FakeClock } from '../telemetry/fake-clock.ts';

const fine: Result = { status: 'passing', output: 'fine' };

function periodic(probe: (attempt: Attempt) => Promise<Result>, seed = 1) {
  const clock = new FakeClock();
  const reports: Result[] = [];
  const random = new Stream(seed, 'runner');
  const runner = startPeriodic({
    clock,
    random,
    intervalMs: 1000,
    timeoutMs: 500,
    probe,
    report: (result) => reports.push(result),
  });
  return { clock, reports, runner };
}

describe('checks that run again and again', () => {
  it('start within the first interval, not all at the same time', async () => {
    const starts = await Promise.all(
      Array.from({ length: 20 }, async (_, seed) => {
        const { clock, reports, runner } = periodic(async () => fine, seed);
        let ms = 0;
        for (; reports.length === 0 && ms < 1001; ms += 10) {
          clock.advance(10);
          await settle();
        }
        runner.stop();
        return ms;
      }),
    );
    expect(Math.max(...starts)).toBeLessThanOrEqual(1000);
    expect(new Set(starts).size).toBeGreaterThan(10);
  });

  it('run once an interval, never two at a time', async () => {
    let running = 0;
    let most = 0;
    const ends: (() => void)[] = [];
    const { clock, reports, runner } = periodic(async () => {
      running++;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running--;
      return fine;
    });
    for (let i = 0; i < 4; i++) {
      clock.advance(5000);
      await settle();
      ends.shift()?.();
      await settle();
    }
    expect(most).toBe(1);
    expect(reports).toHaveLength(4);
    runner.stop();
    expect(clock.timerCount).toBe(0);
  });

  it('are told when their time is over', async () => {
    const { clock, reports, runner } = periodic(
      ({ signal, timedOut }) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ status: 'critical', output: String(timedOut()) }));
        }),
    );
    clock.advance(1000);
    await settle();
    clock.advance(500);
    await settle();
    expect(reports).toEqual([{ status: 'critical', output: 'true' }]);
    runner.stop();
  });

  it('report nothing once they are stopped, not even what was under way', async () => {
    let started = false;
    let aborted = false;
    const { clock, reports, runner } = periodic(
      ({ signal }) =>
        new Promise((resolve) => {
          started = true;
          signal.addEventListener('abort', () => {
            aborted = true;
            resolve(fine);
          });
        }),
    );
    while (!started) clock.advance(10);
    runner.stop();
    await settle();
    clock.advance(10_000);
    await settle();
    expect(aborted).toBe(true);
    expect(reports).toEqual([]);
    expect(clock.timerCount).toBe(0);
  });

  it('take an exception for a failed check', async () => {
    const { clock, reports, runner } = periodic(() => Promise.reject(new Error('oops')));
    clock.advance(1000);
    await settle();
    expect(reports).toEqual([{ status: 'critical', output: 'oops' }]);
    runner.stop();
  });
});

describe('TTL', () => {
  it('expires once, and again after a report', () => {
    const clock = new FakeClock();
    const reports: string[] = [];
    const runner = startTtl({
      clock,
      ttlMs: 100,
      outputMaxBytes: 4,
      report: ({ status, output }) => reports.push(`${status} ${output}`),
    });
    clock.advance(1000);
    runner.set('passing', 'too long');
    clock.advance(1000);
    runner.stop();
    clock.advance(1000);
    expect(reports).toEqual([
      'critical TTL expired',
      'passing too  ... (captured 4 of 8 bytes)',
      'critical TTL expired (last output before timeout follows): too  ... (captured 4 of 8 bytes)',
    ]);
  });
});

describe('aliases of this agent', () => {
  it('follow what they stand for, its coming and going included', async () => {
    const { state } = localAgent();
    const reports: Result[] = [];
    const runner = startLocalAlias(state, 'web', 'alias', (result) => reports.push(result));
    const last = async () => {
      await settle();
      return reports.at(-1)?.status;
    };
    expect(await last()).toBe('critical');
    state.setService(serviceWithId('web'), '', 'api');
    expect(await last()).toBe('passing');
    state.setCheck(checkNamed('c', { ServiceID: 'web', Status: 'passing' }), null, '', 'api');
    state.report('c', 'warning', '');
    expect(await last()).toBe('warning');
    state.removeCheck('c');
    expect(await last()).toBe('passing');
    runner.stop();
    state.removeService('web');
    expect(await last()).toBe('passing');
  });

  it('that stand for each other come to rest', async () => {
    const { state } = localAgent();
    let count = 0;
    const runners = ['a', 'b'].map((id) => {
      state.setService(serviceWithId(id), '', 'api');
      state.setCheck(checkNamed(`${id}-check`, { ServiceID: id }), null, '', 'api');
      const other = id === 'a' ? 'b' : 'a';
      return startLocalAlias(state, other, `${id}-check`, ({ status, output }) => {
        count++;
        state.report(`${id}-check`, status, output);
      });
    });
    await settle();
    expect(count).toBeLessThan(10);
    for (const runner of runners) runner.stop();
  });
});

describe('aliases of other nodes', () => {
  it('ask the catalog with a blocking query, and try again later when it fails', async () => {
    const clock = new FakeClock();
    const reports: string[] = [];
    const asked: unknown[] = [];
    const rpc = {
      call: (_method: string, args: { MinQueryIndex: number }) => {
        asked.push(args.MinQueryIndex);
        return new Promise((resolve, reject) => {
          pending = { resolve, reject };
        });
      },
    } as unknown as RpcCaller;
    let pending: { resolve: (value: unknown) => void; reject: (error: Error) => void } | undefined;
    const checks = (Status: string, Index: number) => ({
      reply: { HealthChecks: [checkNamed('c', { Status, ServiceID: 'web' })] },
      meta: { Index },
    });
    const runner = startRemoteAlias({
      rpc,
      datacenter: 'dc1',
      node: 'other',
      serviceId: 'web',
      token: '',
      ownId: 'alias',
      clock,
      random: new Stream(1, 'alias'),
      report: ({ status }) => reports.push(status),
    });
    await settle();
    pending?.resolve(checks('passing', 7));
    await settle();
    pending?.resolve(checks('critical', 9));
    await settle();
    pending?.reject(new Error('No cluster leader'));
    await settle();
    clock.advance(5000);
    await settle();
    expect(asked).toEqual([0, 7, 9, 0]);
    expect(reports).toEqual(['passing', 'critical']);
    runner.stop();
    expect(clock.timerCount).toBe(0);
  });
});
