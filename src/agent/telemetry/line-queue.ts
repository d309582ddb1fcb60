/**
 * The bounded queue between the logger and something slow (terminal, disk, syslog): lines of one turn go out in one write,
 * one write at a time; when the output fails it is tried again, and what does not fit is dropped and counted.
 */
import type { Clock, Timer } from '../../lib/runtime.ts';

export interface QueuedLine {
  readonly line: string;
  /** What an output may need beside the text; syslog its priority. */
  readonly tag: number;
}

export interface WriteResult {
  /** How many of the lines, from the first, are out for good. */
  readonly written: number;
  /** Why the rest is not. The queue keeps the rest and tries again later. */
  readonly error: Error | null;
}

export interface LineOutput {
  write(lines: readonly QueuedLine[]): Promise<WriteResult>;
  /** Last words before the process dies: as much as goes out now. */
  writeSync(lines: readonly QueuedLine[]): void;
  close(): Promise<void>;
}

export interface LineQueueOptions {
  readonly clock: Clock;
  readonly output: LineOutput;
  readonly limitBytes?: number;
  /** Collects only, until `release`: the start-up banner comes before the log. */
  readonly held?: boolean;
  /** Called when the output begins to fail, once until it recovers. */
  readonly onFailure?: (error: Error) => void;
  /** Makes the line that tells how many were lost, written as soon as there is room. */
  readonly lostLine?: (count: number) => QueuedLine;
}

const defaultLimitBytes = 8 * 1024 * 1024;
const batchLines = 1000;
const retryMinMs = 250;
const retryMaxMs = 10_000;

export class LineQueue {
  readonly #options: LineQueueOptions;
  readonly #limitBytes: number;
  #pending: QueuedLine[] = [];
  #inFlight: readonly QueuedLine[] = [];
  #bytes = 0;
  #lostCount = 0;
  #state: 'held' | 'idle' | 'scheduled' | 'writing' | 'failing' | 'closed';
  #retryMs = retryMinMs;
  #retry: Timer | null = null;
  #drained: (() => void)[] = [];

  constructor(options: LineQueueOptions) {
    this.#options = options;
    this.#limitBytes = options.limitBytes ?? defaultLimitBytes;
    this.#state = options.held ? 'held' : 'idle';
  }

  /** Lines dropped since the last one that said so. */
  get lostCount(): number {
    return this.#lostCount;
  }

  push(line: string, tag = 0): void {
    if (this.#state === 'closed') return;
    if (this.#bytes + line.length > this.#limitBytes) {
      this.#lostCount++;
      return;
    }
    this.#bytes += line.length;
    this.#pending.push({ line, tag });
    if (this.#state === 'idle') this.#schedule();
  }

  release(): void {
    if (this.#state === 'held') this.#schedule();
  }

  /** Resolves when all that was pushed is out, or the output fails. */
  flush(): Promise<void> {
    if (this.#state !== 'scheduled' && this.#state !== 'writing') return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** Writes out at once, blocking. Lines of a write under way are left to it. */
  flushSync(): void {
    if (this.#state === 'closed') return;
    this.#noteLost();
    const lines = this.#state === 'failing' ? [...this.#inFlight, ...this.#pending] : this.#pending;
    if (this.#state === 'failing') this.#inFlight = [];
    this.#pending = [];
    if (lines.length > 0) this.#options.output.writeSync(lines);
  }

  /** Gives the output `deadlineMs` to take the rest, then lets go of it. */
  async stop(deadlineMs = 2000): Promise<void> {
    if (this.#state === 'closed') return;
    const expired = Promise.withResolvers<void>();
    const deadline = this.#options.clock.after(deadlineMs, expired.resolve);
    this.release();
    if (this.#state === 'failing') void this.#drain();
    await Promise.race([this.flush(), expired.promise]);
    this.#retry?.cancel();
    this.#state = 'closed';
    await Promise.race([this.#options.output.close(), expired.promise]);
    deadline.cancel();
  }

  #schedule(): void {
    this.#state = 'scheduled';
    setImmediate(() => this.#state === 'scheduled' && void this.#drain());
  }

  async #drain(): Promise<void> {
    this.#retry?.cancel();
    this.#state = 'writing';
    while (this.#inFlight.length > 0 || this.#pending.length > 0) {
      if (this.#inFlight.length === 0) {
        this.#noteLost();
        this.#inFlight = this.#pending.splice(0, batchLines);
      }
      const { written, error } = await this.#options.output.write(this.#inFlight);
      for (let at = 0; at < written; at++) this.#bytes -= this.#inFlight[at]!.line.length;
      this.#inFlight = this.#inFlight.slice(written);
      if (this.#isClosed()) return;
      if (error !== null) {
        this.#pause(error);
        return;
      }
      this.#retryMs = retryMinMs;
    }
    this.#state = 'idle';
    this.#releaseFlushers();
  }

  #isClosed(): boolean {
    return this.#state === 'closed';
  }

  #pause(error: Error): void {
    if (this.#retryMs === retryMinMs) this.#options.onFailure?.(error);
    this.#state = 'failing';
    this.#retry = this.#options.clock.after(this.#retryMs, () => {
      if (this.#state === 'failing') void this.#drain();
    });
    this.#retryMs = Math.min(this.#retryMs * 2, retryMaxMs);
    this.#releaseFlushers();
  }

  #noteLost(): void {
    if (this.#lostCount === 0 || this.#options.lostLine === undefined) return;
    const line = this.#options.lostLine(this.#lostCount);
    this.#lostCount = 0;
    this.#bytes += line.line.length;
    this.#pending.push(line);
  }

  #releaseFlushers(): void {
    const flushers = this.#drained;
    this.#drained = [];
    for (const resolve of flushers) resolve();
  }
}
