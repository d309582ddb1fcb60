/** The log of what a pool knew on disk: appended to in small lumps, written anew when it has grown too long. */
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '../../../lib/message-of.ts';
import type { Clock, Timer } from '../../../lib/runtime.ts';
import type { Logger } from '../../telemetry/api.ts';
import {
  aliveLine,
  compacted,
  leaveLine,
  notAliveLine,
  parseSnapshot,
  type Remembered,
  type Times,
  timeLines,
} from './snapshot-log.ts';

export interface SnapshotFileOptions {
  readonly path: string;
  readonly rejoinAfterLeave: boolean;
  /** The pool's logical times now. */
  readonly times: () => Times;
  readonly clock: Clock;
  readonly logger: Logger;
}

const flushMs = 500;
const minCompactBytes = 128 * 1024;
const compactBytesPerNode = 2 * 128;

export class SnapshotFile {
  /** What the file said when it was opened. */
  readonly before: Remembered;
  readonly #options: SnapshotFileOptions;
  readonly #alive: Map<string, string>;
  #sizeBytes: number;
  #waiting = '';
  #written: Times;
  #timer: Timer;
  #closed = false;

  /** @throws when the file cannot be made */
  constructor(options: SnapshotFileOptions) {
    const { path, rejoinAfterLeave } = options;
    this.#options = options;
    mkdirSync(dirname(path), { recursive: true });
    const text = textOf(path);
    this.before = parseSnapshot(text, rejoinAfterLeave);
    this.#alive = new Map(this.before.alive);
    this.#written = this.before;
    this.#sizeBytes = Buffer.byteLength(text);
    appendFileSync(path, '');
    this.#timer = options.clock.after(flushMs, () => this.#tick());
  }

  alive(name: string, address: string): void {
    if (this.#alive.get(name) === address) return;
    this.#alive.set(name, address);
    this.#waiting += aliveLine(name, address);
  }

  notAlive(name: string): void {
    if (this.#alive.delete(name)) this.#waiting += notAliveLine(name);
  }

  /** This node says goodbye: it has no friends any more, unless it is to come back to them. */
  left(): void {
    this.#waiting += leaveLine;
    if (!this.#options.rejoinAfterLeave) this.#alive.clear();
    this.#flush();
    // What others do from now on is not this node's business.
    this.#close();
  }

  stop(): void {
    this.#flush();
    this.#close();
  }

  #close(): void {
    this.#timer.cancel();
    this.#closed = true;
  }

  #tick(): void {
    this.#flush();
    this.#timer = this.#options.clock.after(flushMs, () => this.#tick());
  }

  #flush(): void {
    if (this.#closed) return;
    const times = this.#options.times();
    const { clock, eventClock, queryClock } = this.#written;
    if (times.clock !== clock || times.eventClock !== eventClock || times.queryClock !== queryClock) {
      this.#waiting += timeLines(times);
      this.#written = times;
    }
    if (this.#waiting === '') return;
    const lump = this.#waiting;
    this.#waiting = '';
    try {
      appendFileSync(this.#options.path, lump);
      this.#sizeBytes += Buffer.byteLength(lump);
      if (this.#sizeBytes > Math.max(minCompactBytes, compactBytesPerNode * this.#alive.size)) this.#compact();
    } catch (error) {
      this.#options.logger.error('Failed to update snapshot', { error: messageOf(error) });
    }
  }

  #compact(): void {
    const { path } = this.#options;
    const text = compacted({ alive: this.#alive, ...this.#written });
    writeFileSync(`${path}.compact`, text);
    renameSync(`${path}.compact`, path);
    this.#sizeBytes = Buffer.byteLength(text);
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
