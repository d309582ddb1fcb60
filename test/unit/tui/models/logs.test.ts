import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogsModel, keptLines, parseLogLine } from '../../../../src/tui/models/logs.ts';
import { linesOf } from '../../../../src/tui/source/lines.ts';
import { type FakeSource, fakeSource } from '../support/fake-source.ts';
import { type ManualClock, manualClock, settle } from '../support/manual-clock.ts';

let source: FakeSource;
let clock: ManualClock;
let stop: AbortController;

beforeEach(() => {
  source = fakeSource();
  clock = manualClock();
  stop = new AbortController();
});

afterEach(async () => {
  stop.abort();
  await settle();
  // Everything that runs ends with its signal, and leaves nothing behind.
  expect([...source.open]).toEqual([]);
});

const refused = { kind: 'unavailable', message: 'connect: connection refused' } as const;

describe('the log model', () => {
  const line = (text: string) => `2026-11-22T12:00:01.000Z [INFO]  agent: ${text}`;

  it('gathers lines and publishes them together', async () => {
    const model = createLogsModel(source, clock);
    let published = 0;
    void model.run(stop.signal);
    await clock.advance(600);
    model.subscribe(() => published++);
    for (let index = 0; index < 100; index++) source.log(line(`n${index}`));
    await clock.advance(200);
    expect(model.get().lines).toHaveLength(100);
    expect(published).toBe(1);
  });

  it('loses nothing in a pause', async () => {
    const model = createLogsModel(source, clock);
    void model.run(stop.signal);
    source.log(line('before'));
    await clock.advance(600);
    model.togglePause();
    source.log(line('during'));
    await clock.advance(600);
    expect(model.get()).toMatchObject({ paused: true, waiting: 1, lines: [{ message: 'before' }] });
    model.togglePause();
    expect(model.get().lines.map(({ message }) => message)).toEqual(['before', 'during']);
  });

  it('keeps only the last lines', async () => {
    const model = createLogsModel(source, clock);
    void model.run(stop.signal);
    for (let index = 0; index < keptLines + 10; index++) source.log(line(`n${index}`));
    await clock.advance(600);
    expect(model.get().lines).toHaveLength(keptLines);
    expect(model.get().lines.at(-1)?.message).toBe(`n${keptLines + 9}`);
  });

  it('opens another stream for another level', async () => {
    const model = createLogsModel(source, clock);
    void model.run(stop.signal);
    await clock.advance(600);
    model.changeLevel(1);
    await clock.advance(600);
    model.changeLevel(-1);
    model.changeLevel(-1);
    await clock.advance(600);
    expect(source.levels).toEqual(['info', 'debug', 'warn']);
    expect(model.get().level).toBe('warn');
  });

  it('reconnects, slower and slower, and says why', async () => {
    const model = createLogsModel(source, clock);
    source.fail(refused);
    void model.run(stop.signal);
    await clock.advance(10_000);
    expect(model.get().link).toMatchObject({ kind: 'reconnecting', failure: refused });
    expect(source.levels.length).toBeLessThan(8);
    source.fail(undefined);
    await clock.advance(6_000);
    expect(model.get().link.kind).toBe('live');
  });

  it('reads the parts of a line, and takes other lines as they are', () => {
    expect(
      parseLogLine(1, '2026-11-22T12:00:01.250+0100 [WARN]  agent.server.raft: not part of stable configuration'),
    ).toMatchObject({
      level: 'WARN',
      time: '12:00:01.250',
      name: 'agent.server.raft',
      message: 'not part of stable configuration',
    });
    expect(parseLogLine(2, '    stack line')).toMatchObject({ level: '', message: '    stack line' });
  });

  it('makes lines of pieces that end anywhere, even inside a character', async () => {
    const bytes = new TextEncoder().encode('eins\nzwöi\nohne Ende');
    async function* pieces() {
      for (const byte of bytes) yield Uint8Array.of(byte);
    }
    const lines: string[] = [];
    for await (const each of linesOf(pieces())) lines.push(each);
    expect(lines).toEqual(['eins', 'zwöi', 'ohne Ende']);
  });
});
