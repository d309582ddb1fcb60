/**
 * Syslog: RFC 3164 datagrams to the local daemon's socket. Node has no unix datagram sockets, so they come from an
 * optional package; without it `logger(1)` carries the lines.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import type { Clock } from '../../lib/runtime.ts';
import type { LogLevel } from './api.ts';
import type { LineOutput, QueuedLine, WriteResult } from './line-queue.ts';

/** Thrown for a facility that does not exist. */
export class SyslogFacilityError extends Error {
  override readonly name = 'SyslogFacilityError';
}

const facilities = [
  ...['KERN', 'USER', 'MAIL', 'DAEMON', 'AUTH', 'SYSLOG', 'LPR', 'NEWS', 'UUCP', 'CRON', 'AUTHPRIV', 'FTP'],
  ...['', '', '', ''],
  ...['LOCAL0', 'LOCAL1', 'LOCAL2', 'LOCAL3', 'LOCAL4', 'LOCAL5', 'LOCAL6', 'LOCAL7'],
];

/** RFC 3164 section 4.1.1: debug 7, informational 6, notice 5, warning 4, error 3. */
export const severity: Readonly<Record<LogLevel, number>> = { trace: 7, debug: 6, info: 5, warn: 4, error: 3 };

/** Longest datagram: what common daemons take by default. The rest of a longer line is cut off. */
const maxDatagramBytes = 8192;
const deviceCandidates = ['/dev/log', '/var/run/syslog', '/var/run/log'];

export function facilityCode(name: string): number {
  const code = name === '' ? -1 : facilities.indexOf(name.toUpperCase());
  if (code < 0) throw new SyslogFacilityError(`invalid syslog facility: ${name}`);
  return code;
}

/** One connection to the daemon. */
export interface SyslogTransport {
  send(datagram: Uint8Array): Promise<void>;
  close(): void;
}

export interface SyslogOptions {
  readonly facility: string;
  readonly clock: Clock;
  readonly pid: number;
  readonly connect?: () => Promise<SyslogTransport>;
}

/** Lines are pushed without their line feed; the tag of a line is its severity. */
export class SyslogOutput implements LineOutput {
  readonly #facility: number;
  readonly #clock: Clock;
  readonly #pid: number;
  readonly #connect: () => Promise<SyslogTransport>;
  #transport: SyslogTransport | null = null;

  /** Throws SyslogFacilityError. */
  constructor(options: SyslogOptions) {
    this.#facility = facilityCode(options.facility);
    this.#clock = options.clock;
    this.#pid = options.pid;
    this.#connect = options.connect ?? connectSyslog;
  }

  async write(lines: readonly QueuedLine[]): Promise<WriteResult> {
    let written = 0;
    try {
      this.#transport ??= await this.#connect();
      for (const line of lines) {
        await this.#transport.send(this.#datagram(line));
        written++;
      }
      return { written, error: null };
    } catch (error) {
      // The daemon may have been restarted: the next try connects anew.
      this.#transport?.close();
      this.#transport = null;
      return { written, error: error as Error };
    }
  }

  writeSync(lines: readonly QueuedLine[]): void {
    for (const line of lines) this.#transport?.send(this.#datagram(line)).catch(() => {});
  }

  async close(): Promise<void> {
    this.#transport?.close();
    this.#transport = null;
  }

  #datagram({ line, tag }: QueuedLine): Uint8Array {
    const head = `<${this.#facility * 8 + tag}>${rfc3164Time(this.#clock.wallMs())} consul[${this.#pid}]: `;
    return Buffer.from(head + line).subarray(0, maxDatagramBytes);
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Jan _2 15:04:05` in the machine's zone: RFC 3164 knows no zones. */
export function rfc3164Time(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = String(date.getDate()).padStart(2, ' ');
  return `${months[date.getMonth()]} ${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** What we use of the optional package. */
interface DgramSocket {
  sendTo(buffer: Buffer, offset: number, length: number, path: string, done: (error?: Error) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  close(): void;
}

async function connectSyslog(): Promise<SyslogTransport> {
  const device = await findDevice();
  if (device === null) throw new Error('Syslog setup error: Unix syslog delivery error');
  return (await connectDatagram(device)) ?? connectLogger();
}

async function findDevice(): Promise<string | null> {
  for (const path of deviceCandidates) {
    if (await exists(path)) return path;
  }
  return null;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function connectDatagram(device: string): Promise<SyslogTransport | null> {
  // Not a literal: the package is optional, its types may be missing.
  const packageName: string = 'node-unix-socket';
  let Socket: new () => DgramSocket;
  try {
    Socket = ((await import(packageName)) as { DgramSocket: new () => DgramSocket }).DgramSocket;
  } catch {
    return null;
  }
  const socket = new Socket();
  // A broken socket closes itself; the next send then rejects.
  socket.on('error', () => {});
  return {
    send: (datagram) =>
      new Promise((resolve, reject) => {
        socket.sendTo(Buffer.from(datagram), 0, datagram.length, device, (error) =>
          error ? reject(error) : resolve(),
        );
      }),
    close: () => socket.close(),
  };
}

/** `logger` reads one message a line, with the priority in front as in the datagram. */
function connectLogger(): SyslogTransport {
  const child: ChildProcess = spawn('logger', ['--prio-prefix', '--tag', `consul[${process.pid}]`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // In a group of its own: Ctrl-C at a terminal must not end it before the agent's last lines.
    detached: true,
  });
  child.unref();
  let failure: Error | null = null;
  child.on('error', () => {
    failure = new Error('Syslog setup error: Unix syslog delivery error');
  });
  child.on('exit', () => {
    failure ??= new Error('Syslog write error: logger(1) ended');
  });
  child.stdin!.on('error', () => {});
  return {
    send: (datagram) =>
      new Promise((resolve, reject) => {
        if (failure !== null) reject(failure);
        else child.stdin!.write(loggerLine(datagram), (error) => (error ? reject(failure ?? error) : resolve()));
      }),
    close: () => child.stdin!.end(),
  };
}

/** `<134>Jan  2 15:04:05 consul[1]: text` -> `<134>text\n`: logger adds time and tag itself. */
export function loggerLine(datagram: Uint8Array): string {
  const text = Buffer.from(datagram).toString();
  const priority = text.slice(0, text.indexOf('>') + 1);
  const body = text.slice(text.indexOf(']: ') + 3);
  return `${priority}${body.replaceAll('\n', ' ')}\n`;
}
