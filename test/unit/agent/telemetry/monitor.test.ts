import { describe, expect, it } from 'vitest';
import { LogFanOut, loggerOver } from '../../../../src/agent/telemetry/logger.ts';
import { monitorLog } from '../../../../src/agent/telemetry/monitor.ts';
import { FakeClock } from './fake-clock.ts';

function setUp() {
  const fanOut = new LogFanOut(new FakeClock(), () => 0);
  return { fanOut, logger: loggerOver(fanOut, 'agent') };
}

describe('the log monitor', () => {
  it('shows future lines only, at its own level', async () => {
    const { fanOut, logger } = setUp();
    logger.error('past');
    const monitor = monitorLog(fanOut, { level: 'warn', json: false });
    const first = monitor.next();
    logger.info('no');
    logger.warn('one');
    logger.error('two');
    const { value } = await first;
    expect(value).toBe('2021-07-22T10:54:50.000Z [WARN]  agent: one\n2021-07-22T10:54:50.000Z [ERROR] agent: two\n');
    logger.warn('three');
    expect((await monitor.next()).value).toContain('three');
  });

  it('speaks JSON on demand', async () => {
    const { fanOut, logger } = setUp();
    const monitor = monitorLog(fanOut, { level: 'trace', json: true });
    logger.trace('x');
    expect(JSON.parse((await monitor.next()).value)).toMatchObject({ '@level': 'trace', '@message': 'x' });
  });

  it('drops lines for a reader that is too slow and says so', async () => {
    const { fanOut, logger } = setUp();
    const monitor = monitorLog(fanOut, { level: 'info', json: false });
    for (let at = 0; at < 5000; at++) logger.info(`line ${at}`);
    const text: string = (await monitor.next()).value;
    expect(text.split('\n')).toHaveLength(4096 + 2);
    expect(text).toMatch(/line 4095\n\[WARN\] Dropped 904 logs during monitor request\n$/);
    logger.info('after');
    expect((await monitor.next()).value).toMatch(/Z \[INFO\] {2}agent: after\n$/);
  });

  it('ends on abort, on return and after what was pending, and then costs nothing', async () => {
    const { fanOut, logger } = setUp();
    const abort = new AbortController();
    const aborted = monitorLog(fanOut, { level: 'debug', json: false, signal: abort.signal });
    const returned = monitorLog(fanOut, { level: 'debug', json: false });
    const waiting = aborted.next();
    abort.abort();
    expect(await waiting).toEqual({ value: undefined, done: true });
    await returned.return?.();
    expect(await returned.next()).toEqual({ value: undefined, done: true });
    expect(logger.enabled('error')).toBe(false);
    const late = monitorLog(fanOut, { level: 'debug', json: false, signal: AbortSignal.abort() });
    expect(await late.next()).toEqual({ value: undefined, done: true });
    expect(logger.enabled('error')).toBe(false);
  });

  it('delivers pending lines before it ends', async () => {
    const { fanOut, logger } = setUp();
    const abort = new AbortController();
    const monitor = monitorLog(fanOut, { level: 'info', json: false, signal: abort.signal });
    logger.info('last');
    abort.abort();
    expect((await monitor.next()).value).toContain('last');
    expect((await monitor.next()).done).toBe(true);
  });
});
