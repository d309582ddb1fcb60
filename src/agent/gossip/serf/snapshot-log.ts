/**
 * What a pool knew, as a text log: who lived where, and the logical times (wire facts of Serf, section 9). Reading and writing of
 * its lines, without I/O.
 */

export interface Times {
  readonly clock: number;
  readonly eventClock: number;
  readonly queryClock: number;
}

export interface Remembered extends Times {
  /** Node name -> `ip:port`. */
  readonly alive: ReadonlyMap<string, string>;
}

/** Lines that cannot be read are passed over: the log is a help, not the truth. */
export function parseSnapshot(text: string, rejoinAfterLeave: boolean): Remembered {
  let alive = new Map<string, string>();
  let times = { clock: 0, eventClock: 0, queryClock: 0 };
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    const kind = colon < 0 ? line : line.slice(0, colon);
    const rest = line.slice(colon + 2);
    if (kind === 'alive') {
      // Names may hold spaces, addresses do not.
      const space = rest.lastIndexOf(' ');
      if (space > 0) alive.set(rest.slice(0, space), rest.slice(space + 1));
    } else if (kind === 'not-alive') alive.delete(rest);
    else if (kind === 'clock') times = { ...times, clock: timeOf(rest, times.clock) };
    else if (kind === 'event-clock') times = { ...times, eventClock: timeOf(rest, times.eventClock) };
    else if (kind === 'query-clock') times = { ...times, queryClock: timeOf(rest, times.queryClock) };
    else if (kind === 'leave' && !rejoinAfterLeave) {
      alive = new Map();
      times = { clock: 0, eventClock: 0, queryClock: 0 };
    }
  }
  return { alive, ...times };
}

const timeOf = (text: string, before: number): number => {
  const time = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(time) ? time : before;
};

export const aliveLine = (name: string, address: string): string => `alive: ${name} ${address}\n`;
export const notAliveLine = (name: string): string => `not-alive: ${name}\n`;
export const leaveLine = 'leave\n';

export const timeLines = ({ clock, eventClock, queryClock }: Times): string =>
  `clock: ${clock}\nevent-clock: ${eventClock}\nquery-clock: ${queryClock}\n`;

/** The shortest log that says the same. */
export function compacted({ alive, ...times }: Remembered): string {
  let text = '';
  for (const [name, address] of alive) text += aliveLine(name, address);
  return text + timeLines(times);
}
