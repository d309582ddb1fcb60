import { describe, expect, it } from 'vitest';
import {
  facilityCode,
  loggerLine,
  rfc3164Time,
  SyslogOutput,
  severity,
} from '../../../../src/agent/telemetry/syslog.ts';
import { FakeClock } from './fake-clock.ts';

function open(facility = 'LOCAL0') {
  const sent: string[] = [];
  const state = { connects: 0, failWith: null as Error | null, closed: 0 };
  const output = new SyslogOutput({
    facility,
    pid: 42,
    clock: new FakeClock(new Date(2021, 6, 2, 10, 54, 50).getTime()),
    connect: async () => {
      state.connects++;
      return {
        send: async (datagram) => {
          if (state.failWith !== null) throw state.failWith;
          sent.push(Buffer.from(datagram).toString());
        },
        close: () => {
          state.closed++;
        },
      };
    },
  });
  return { output, sent, state };
}

describe('syslog', () => {
  it('frames lines as RFC 3164 says', async () => {
    const { output, sent } = open();
    const result = await output.write([
      { line: 'agent.server: hello', tag: severity.info },
      { line: 'agent: oh', tag: severity.error },
    ]);
    expect(result).toEqual({ written: 2, error: null });
    expect(sent).toEqual([
      '<133>Jul  2 10:54:50 consul[42]: agent.server: hello',
      '<131>Jul  2 10:54:50 consul[42]: agent: oh',
    ]);
  });

  it('connects again after a failure and keeps the lines', async () => {
    const { output, sent, state } = open('local7');
    const batch = [{ line: 'x', tag: severity.debug }];
    state.failWith = new Error('gone');
    expect(await output.write(batch)).toEqual({ written: 0, error: state.failWith });
    state.failWith = null;
    expect(await output.write(batch)).toEqual({ written: 1, error: null });
    expect(sent).toEqual(['<190>Jul  2 10:54:50 consul[42]: x']);
    expect(state).toMatchObject({ connects: 2, closed: 1 });
  });

  it('cuts lines no daemon would take', async () => {
    const { output, sent } = open();
    await output.write([{ line: 'x'.repeat(10_000), tag: severity.info }]);
    expect(sent[0]).toHaveLength(8192);
  });

  it('knows its facilities', () => {
    expect(facilityCode('KERN')).toBe(0);
    expect(facilityCode('authpriv')).toBe(10);
    expect(facilityCode('LOCAL0')).toBe(16);
    expect(facilityCode('LOCAL7')).toBe(23);
    for (const bad of ['', 'LOCAL8', 'nope']) {
      expect(() => facilityCode(bad)).toThrow(`invalid syslog facility: ${bad}`);
    }
  });

  it('pads the day with a space', () => {
    expect(rfc3164Time(new Date(2021, 11, 24, 1, 2, 3).getTime())).toBe('Dec 24 01:02:03');
    expect(rfc3164Time(new Date(2021, 0, 4, 1, 2, 3).getTime())).toBe('Jan  4 01:02:03');
  });

  it('hands logger(1) the priority and the text', () => {
    const datagram = Buffer.from('<133>Jul  2 10:54:50 consul[42]: agent: a\nb]: c');
    expect(loggerLine(datagram)).toBe('<133>agent: a b]: c\n');
  });
});
