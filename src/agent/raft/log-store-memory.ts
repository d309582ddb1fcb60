/** A log that lives as long as the process: development mode, and the model the durable one is tested against. */
import type { LogEntry } from './api.ts';
import { assert } from './core/assert.ts';
import type { HardState } from './core/effects.ts';
import type { TermRun } from './core/log-view.ts';
import { addContents, emptyHardState, type LogContents, type LogStore, type LogWrite } from './log-store.ts';

const done = Promise.resolve();

export class MemoryLogStore implements LogStore {
  readonly place = 'memory';
  #entries: LogEntry[] = [];
  #firstIndex = 1;
  #hardState: HardState = emptyHardState;

  get hardState(): HardState {
    return this.#hardState;
  }
  get firstIndex(): number {
    return this.#firstIndex;
  }
  get lastIndex(): number {
    return this.#firstIndex + this.#entries.length - 1;
  }

  read(from: number, to: number): readonly LogEntry[] {
    return this.#entries.slice(from - this.#firstIndex, to - this.#firstIndex + 1);
  }

  async write({ hardState, entries }: LogWrite): Promise<void> {
    if (hardState) this.#hardState = hardState;
    const first = entries[0];
    if (!first) return;
    assert(first.index >= this.#firstIndex && first.index <= this.lastIndex + 1, 'entries join the log');
    this.#entries.length = first.index - this.#firstIndex;
    // What the proposer decoded was for applying; it is not kept twice.
    for (const entry of entries) this.#entries.push(entry.decoded === undefined ? entry : withoutDecoded(entry));
  }

  compact(index: number): Promise<void> {
    const count = Math.min(index, this.lastIndex) - this.#firstIndex + 1;
    if (count > 0) {
      this.#entries.splice(0, count);
      this.#firstIndex += count;
    }
    return done;
  }

  reset(index: number): Promise<void> {
    this.#entries = [];
    this.#firstIndex = index + 1;
    return done;
  }

  contents(): LogContents {
    const contents = { runs: [] as TermRun[], configurations: [] as LogEntry[] };
    addContents(contents, this.#entries);
    return contents;
  }

  close(): Promise<void> {
    return done;
  }
}

const withoutDecoded = ({ index, term, type, data, extensions, appendedAtMs }: LogEntry): LogEntry => ({
  index,
  term,
  type,
  data,
  extensions,
  appendedAtMs,
});
