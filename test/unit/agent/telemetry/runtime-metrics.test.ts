import { expect, it } from 'vitest';
import type { Metrics } from '../../../../src/agent/telemetry/api.ts';
import { reportRuntime } from '../../../../src/agent/telemetry/runtime-metrics.ts';
import { FakeClock } from './fake-clock.ts';

it('says how late and how busy the event loop was in the period that is over', async () => {
  const values = new Map<string, number>();
  const gauge = (name: string) => (value: number) => void values.set(name, value);
  const clock = new FakeClock();
  const stop = reportRuntime({ gauge, sample: () => () => {} } as unknown as Metrics, clock);
  const utilization = (): number => values.get('runtime.event_loop_utilization')!;
  try {
    const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
    await pause(60);
    for (const until = performance.now() + 150; performance.now() < until; );
    await pause(60);
    clock.advance(10_000);
    expect(utilization()).toBeGreaterThan(0.5);
    expect(values.get('runtime.event_loop_delay.max')).toBeGreaterThan(50);
    await pause(200);
    clock.advance(10_000);
    expect(utilization()).toBeLessThan(0.5);
    expect(values.get('runtime.sys_bytes')).toBeGreaterThan(1 << 20);
  } finally {
    stop();
  }
});
