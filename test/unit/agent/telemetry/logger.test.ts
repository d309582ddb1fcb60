import { describe, expect, it } from 'vitest';
import type { LogLevel } from '../../../../src/agent/telemetry/api.ts';
import { createLogger, LogFanOut, loggerOver } from '../../../../src/agent/telemetry/logger.ts';
import { FakeClock } from './fake-clock.ts';

function capture(format: 'text' | 'json' = 'text', zoneMinutes = 0, name = 'agent') {
  const lines: string[] = [];
  const logger = createLogger({
    clock: new FakeClock(Date.UTC(2021, 6, 22, 10, 54, 50, 7)),
    write: (line) => lines.push(line),
    zone: () => zoneMinutes,
    format,
    name,
  });
  return { lines, logger };
}

describe('text lines', () => {
  const head = '2021-07-22T10:54:50.007Z';

  it('pads the level so that names line up', () => {
    const { lines, logger } = capture();
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) logger[level]('hello');
    expect(lines).toEqual([
      `${head} [TRACE] agent: hello\n`,
      `${head} [DEBUG] agent: hello\n`,
      `${head} [INFO]  agent: hello\n`,
      `${head} [WARN]  agent: hello\n`,
      `${head} [ERROR] agent: hello\n`,
    ]);
  });

  it('joins names with dots and writes fields after a colon', () => {
    const { lines, logger } = capture();
    logger.named('server').named('raft').info('entering leader state', { leader: 'Node at 10.0.0.1', term: 2 });
    expect(lines).toEqual([
      `${head} [INFO]  agent.server.raft: entering leader state: leader="Node at 10.0.0.1" term=2\n`,
    ]);
  });

  it.each([
    ['plain', 'v=plain'],
    ['', 'v=""'],
    ['two words', 'v="two words"'],
    ['say "x y"', 'v="say "x y""'],
    [['a', 'b c'], 'v=[a, "b c"]'],
    [[], 'v=[]'],
    [new Error('it broke'), 'v="it broke"'],
    [{ b: 1, a: 'x' }, 'v="map[a:x b:1]"'],
    [undefined, 'v=<nil>'],
    [true, 'v=true'],
    [0.5, 'v=0.5'],
    ['a\tb', 'v="a\tb"'],
    ['\x1b[31mred', 'v=\\x1b[31mred'],
    ['one\r', 'v=one\\x0d'],
  ])('writes the value %j', (v, text) => {
    const { lines, logger } = capture();
    logger.info('m', { v });
    expect(lines).toEqual([`${head} [INFO]  agent: m: ${text}\n`]);
  });

  it('indents values of several lines', () => {
    const { lines, logger } = capture();
    logger.error('panic', { stack: 'first\nsecond\n', code: 3 });
    expect(lines).toEqual([`${head} [ERROR] agent: panic:\n  stack=\n  | first\n  | second code=3\n`]);
  });

  it('writes the zone of the machine without a colon', () => {
    const { lines, logger } = capture('text', 120);
    logger.info('x');
    expect(lines[0]).toBe('2021-07-22T12:54:50.007+0200 [INFO]  agent: x\n');
    const west = capture('text', -210);
    west.logger.info('x');
    expect(west.lines[0]).toBe('2021-07-22T07:24:50.007-0330 [INFO]  agent: x\n');
  });

  it('has no colon in front when the logger has no name', () => {
    const { lines, logger } = capture('text', 0, '');
    logger.info('x');
    expect(lines[0]).toBe(`${head} [INFO]  x\n`);
  });
});

describe('JSON lines', () => {
  it('sorts keys, keeps types and escapes as Go does', () => {
    const { lines, logger } = capture('json', 60);
    logger.warn('a < b', {
      url: '/v1/kv?a&b',
      Count: 3,
      ok: true,
      error: new Error('no'),
      list: ['x'],
      none: undefined,
    });
    expect(lines[0]).toBe(
      '{"@level":"warn","@message":"a \\u003c b","@module":"agent","@timestamp":"2021-07-22T11:54:50.007000+01:00",' +
        '"Count":3,"error":"no","list":["x"],"none":null,"ok":true,"url":"/v1/kv?a\\u0026b"}\n',
    );
  });

  it('survives values JSON cannot express', () => {
    const { lines, logger } = capture('json');
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    logger.info('m', { cycle, big: 12n, nan: Number.NaN, deep: { big: 1n } });
    expect(JSON.parse(lines[0]!)).toMatchObject({ big: 12, nan: 'NaN', '@timestamp': '2021-07-22T10:54:50.007000Z' });
  });
});

describe('levels', () => {
  it('are filtered per sink and can change at run time', () => {
    const fanOut = new LogFanOut(new FakeClock(), () => 0);
    const logger = loggerOver(fanOut, 'agent');
    const sink = (level: LogLevel) => {
      const lines: string[] = [];
      return { lines, level, format: 'text' as const, write: (line: string) => void lines.push(line) };
    };
    const info = sink('info');
    const remove = fanOut.add(info);
    expect(logger.enabled('debug')).toBe(false);
    logger.debug('1');
    const trace = sink('trace');
    const removeTrace = fanOut.add(trace);
    expect(logger.enabled('trace')).toBe(true);
    logger.debug('2');
    removeTrace();
    logger.debug('3');
    fanOut.setLevel([info], 'debug');
    logger.debug('4');
    remove();
    logger.error('5');
    expect(logger.enabled('error')).toBe(false);
    expect(info.lines.map((line) => line.at(-2))).toEqual(['4']);
    expect(trace.lines.map((line) => line.at(-2))).toEqual(['2']);
  });

  it('formats a line once for all sinks of a format', () => {
    const fanOut = new LogFanOut(new FakeClock(), () => 0);
    let conversions = 0;
    const field = {
      toString: () => {
        conversions++;
        return 'x';
      },
    };
    Object.setPrototypeOf(field, { [Symbol.toStringTag]: 'counted' });
    for (let at = 0; at < 3; at++) fanOut.add({ level: 'info', format: 'text', write: () => {} });
    loggerOver(fanOut, '').info('m', { field });
    expect(conversions).toBe(1);
  });
});

it('of a flood of one error, sampled sinks get a part and the number of the rest; others get all', () => {
  const clock = new FakeClock(0);
  const fanOut = new LogFanOut(clock);
  const own: string[] = [];
  const live: string[] = [];
  fanOut.add({ level: 'info', format: 'text', sampled: true, write: (line) => own.push(line) });
  fanOut.add({ level: 'info', format: 'text', write: (line) => live.push(line) });
  const logger = loggerOver(fanOut, 'agent');
  for (let i = 0; i < 1_500; i++) logger.error('cannot reach', { attempt: i });
  for (let i = 0; i < 1_500; i++) logger.info('done', { attempt: i });
  expect(live).toHaveLength(3_000);
  expect(own).toHaveLength(510 + 1_500);
  clock.advance(10_000);
  logger.info('later');
  expect(own.at(-2)).toContain('Messages of a flood were left out: logger=agent message="cannot reach" count=990');
  expect(own.at(-1)).toContain('later');
});
