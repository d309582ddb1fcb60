import { describe, expect, it } from 'vitest';
import { createDatacenterModel } from '../../../../src/tui/models/datacenter.ts';
import * as queries from '../../../../src/tui/source/queries.ts';
import { recordingSource } from '../../../../src/tui/source/record.ts';
import { parseRecording } from '../../../../src/tui/source/recording.ts';
import { replaySource } from '../../../../src/tui/source/replay.ts';
import { createReplayClock } from '../../../../src/tui/source/replay-clock.ts';
import { check } from '../support/fake-datacenter.ts';
import { type FakeSource, fakeSource } from '../support/fake-source.ts';
import { type ManualClock, manualClock, startWallMs } from '../support/manual-clock.ts';

interface Story {
  readonly source: FakeSource;
  readonly clock: ManualClock;
}

/** A dashboard that records while the story happens. */
async function record(story: (teller: Story) => Promise<void>): Promise<string> {
  const source = fakeSource();
  const clock = manualClock();
  const lines: string[] = [];
  const recording = recordingSource(source, clock, (line) => lines.push(line));
  const stop = new AbortController();
  const work = Promise.all([createDatacenterModel(recording, clock).run(stop.signal), recording.run(stop.signal)]);
  await clock.advance(1_000);
  await story({ source, clock });
  stop.abort();
  await clock.advance(0);
  await work;
  return `${lines.join('\n')}\n`;
}

/** What the replay of a recording tells as having happened, by seconds since its start. */
async function replayed(text: string): Promise<string[]> {
  const recording = parseRecording(text);
  const clock = createReplayClock(manualClock(), recording.head.startedWallMs);
  const model = createDatacenterModel(replaySource(recording, clock), clock);
  const stop = new AbortController();
  const work = model.run(stop.signal);
  await clock.advance(recording.lengthMs + 1_000);
  const told = model.get().events.map(({ atMs, text: what }) => `${Math.round((atMs - startWallMs) / 1000)} ${what}`);
  stop.abort();
  await work;
  return told.reverse();
}

async function failures({ source, clock }: Story): Promise<void> {
  const { state } = source;
  await clock.advance(9_000);
  state.leader = '';
  source.changed();
  await clock.advance(3_000);
  state.leader = '10.0.0.2:8300';
  source.changed();
  await clock.advance(5_000);
  state.members = state.members.map((each) => (each.Name === 'consul-client01' ? { ...each, Status: 4 } : each));
  source.changed();
  await clock.advance(5_000);
  const flapping = (status: string) => [
    ...state.checks.filter(({ CheckID }) => CheckID !== 'flap'),
    check('consul-server03', 'flap', status),
  ];
  state.checks = flapping('critical');
  source.changed();
  await clock.advance(2_000);
  state.checks = flapping('passing');
  source.changed();
  await clock.advance(2_000);
}

describe('a recording', () => {
  it('shows everything again at its time', async () => {
    expect(await replayed(await record(failures))).toEqual([
      '10 leader lost (was consul-server01)',
      '13 new leader consul-server02 10.0.0.2:8300',
      '18 member consul-client01 alive → failed',
      '23 consul-server03: flap → critical',
      '25 consul-server03: flap → passing',
    ]);
  });

  it('keeps an answer that did not change only once, and no secrets', async () => {
    const text = await record(async ({ source, clock }) => {
      source.state.self = { ...source.state.self, DebugConfig: { ACLInitialManagementToken: 'a secret' } };
      for (let second = 0; second < 60; second++) {
        source.changed();
        await clock.advance(1_000);
      }
    });
    expect(text).not.toContain('a secret');
    const lists = text.split('\n').filter((line) => line.includes('/v1/agent/members') && line.includes('"v":'));
    expect(lists).toHaveLength(1);
  });

  it('holds the log that nobody looked at, and gives it back by level', async () => {
    const text = await record(async ({ source, clock }) => {
      source.log('2026-11-22T12:00:01.000Z [DEBUG] agent: fine');
      source.log('2026-11-22T12:00:01.000Z [WARN]  agent: not so fine');
      await clock.advance(100);
    });
    const recording = parseRecording(text);
    const clock = createReplayClock(manualClock(), 0);
    await clock.advance(10_000);
    const stop = new AbortController();
    const lines: string[] = [];
    for await (const line of replaySource(recording, clock).monitor('info', stop.signal)) {
      lines.push(line);
      stop.abort();
    }
    expect(lines).toEqual(['2026-11-22T12:00:01.000Z [WARN]  agent: not so fine']);
  });

  it('says what was not looked at then, and cannot be changed', async () => {
    const recording = parseRecording(await record(async () => {}));
    const source = replaySource(recording, createReplayClock(manualClock(), 0));
    const { signal } = new AbortController();
    for await (const event of source.follow(queries.instances('web'), signal)) {
      expect(event).toMatchObject({ kind: 'failed', failure: { kind: 'missing' } });
      break;
    }
    await expect(source.write({ method: 'PUT', path: '/v1/kv/a' }, signal)).rejects.toThrow('cannot be changed');
  });

  it('may end in the middle of a line, but not be something else', async () => {
    const text = await record(failures);
    expect(parseRecording(text.slice(0, -40)).lengthMs).toBeGreaterThan(20_000);
    expect(() => parseRecording('hello')).toThrow('not a recording');
    expect(() => parseRecording('{"format":"tc-top-recording","version":9}')).toThrow('version 9');
    expect(() => parseRecording(`${text.split('\n')[0]}\nx\n{}`)).toThrow('line 2 is damaged');
  });
});

describe('the clock of a replay', () => {
  it('stops, runs faster, and jumps, and its timers with it', async () => {
    const real = manualClock();
    const clock = createReplayClock(real, 1_000_000);
    const fired: number[] = [];
    for (const delay of [1_000, 5_000, 20_000]) clock.after(delay, () => fired.push(clock.nowMs()));
    await real.advance(1_000);
    expect(fired).toEqual([1_000]);
    clock.togglePause();
    await real.advance(60_000);
    expect(clock.nowMs()).toBe(1_000);
    clock.togglePause();
    clock.changeSpeed(4);
    await real.advance(1_000);
    expect(fired).toEqual([1_000, 5_000]);
    await clock.advance(30_000);
    expect(fired).toEqual([1_000, 5_000, 20_000]);
    expect(clock.wallMs()).toBe(1_035_000);
    for (let step = 0; step < 20; step++) clock.changeSpeed(2);
    expect(clock.speed).toBe(64);
  });
});
