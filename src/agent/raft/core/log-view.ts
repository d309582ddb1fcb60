/**
 * The log as the core sees it: terms of all entries (as runs), the newest entries themselves, and how far the disk has come.
 * Older entries are read back from the store when a slow follower or a restart needs them.
 */
import type { LogEntry } from '../api.ts';
import { assert } from './assert.ts';

/** Gives entries that are on disk, both ends included; fewer than asked (never none) if there are many bytes. */
export interface LogReader {
  /** First entry that can still be read. Ahead of the view's own while a compaction is under way. */
  readonly firstIndex: number;
  read(from: number, to: number): readonly LogEntry[];
}

/** Entries from `firstIndex` on have `term`, until the next run. */
export interface TermRun {
  readonly firstIndex: number;
  readonly term: number;
}

export interface LogExtent {
  /** Index of the first entry there is; lastIndex + 1 when the log is empty. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly runs: readonly TermRun[];
}

interface InFlight {
  readonly seq: number;
  /** Lowered when a later write replaces a part of this one. */
  lastIndex: number;
}

/** Read entries are bounded by the store; entries in memory by this. */
const maxEntriesPerRead = 256;

export class LogView {
  readonly #reader: LogReader;
  #runs: TermRun[];
  #firstIndex: number;
  #lastIndex: number;
  #persistedIndex: number;
  #snapshotIndex: number;
  #snapshotTerm: number;
  /** The newest entries, contiguous, ending at lastIndex. */
  #recent: LogEntry[] = [];
  #inFlight: InFlight[] = [];

  constructor(reader: LogReader, extent: LogExtent, snapshotIndex: number, snapshotTerm: number) {
    assert(extent.firstIndex <= extent.lastIndex + 1, 'the log has a first entry or is empty');
    assert(extent.lastIndex >= snapshotIndex, 'the log reaches at least to the snapshot');
    assert(extent.firstIndex <= snapshotIndex + 1, 'no gap between snapshot and log');
    this.#reader = reader;
    this.#runs = [...extent.runs];
    this.#firstIndex = extent.firstIndex;
    this.#lastIndex = extent.lastIndex;
    this.#persistedIndex = extent.lastIndex;
    this.#snapshotIndex = snapshotIndex;
    this.#snapshotTerm = snapshotTerm;
  }

  /** First entry that others can be sent. */
  get firstIndex(): number {
    return Math.max(this.#firstIndex, this.#reader.firstIndex);
  }
  get lastIndex(): number {
    return this.#lastIndex;
  }
  get lastTerm(): number {
    return this.term(this.#lastIndex) ?? 0;
  }
  /** Entries up to here are on this server's disk. */
  get persistedIndex(): number {
    return this.#persistedIndex;
  }
  get snapshotIndex(): number {
    return this.#snapshotIndex;
  }
  get snapshotTerm(): number {
    return this.#snapshotTerm;
  }

  /** No leader has left more than one entry, and nothing was compacted. */
  get hasOneEntryATerm(): boolean {
    return this.#snapshotIndex === 0 && this.#runs.length === this.#lastIndex;
  }

  /** Term of the entry at `index`; undefined where the log has no such entry any more, or not yet. */
  term(index: number): number | undefined {
    if (index === 0) return 0;
    if (index > this.#lastIndex) return undefined;
    if (index >= this.#firstIndex) {
      for (let i = this.#runs.length - 1; i >= 0; i--) {
        const run = this.#runs[i]!;
        if (run.firstIndex <= index) return run.term;
      }
    }
    return index === this.#snapshotIndex ? this.#snapshotTerm : undefined;
  }

  /** Adds entries after the last one. They are not durable before the write they go into is. */
  append(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      assert(
        entry.index === this.#lastIndex + 1,
        `entries follow each other (${entry.index} after ${this.#lastIndex})`,
      );
      assert(entry.term >= this.lastTerm, 'terms never go down along the log');
      if (entry.term !== this.#runs.at(-1)?.term) this.#runs.push({ firstIndex: entry.index, term: entry.term });
      this.#lastIndex = entry.index;
      this.#recent.push(entry);
    }
  }

  /** Forgets the entries from `index` on. */
  truncateFrom(index: number): void {
    assert(index > this.#snapshotIndex, 'what a snapshot holds is never truncated');
    if (index > this.#lastIndex) return;
    this.#recent.splice(Math.max(0, index - this.#recentFrom));
    while (this.#runs.length > 0 && this.#runs.at(-1)!.firstIndex >= index) this.#runs.pop();
    this.#lastIndex = index - 1;
    this.#persistedIndex = Math.min(this.#persistedIndex, index - 1);
    for (const write of this.#inFlight) write.lastIndex = Math.min(write.lastIndex, index - 1);
  }

  /** Everything up to now goes to disk with write `seq`. */
  writing(seq: number): void {
    assert(seq > (this.#inFlight.at(-1)?.seq ?? 0), 'writes are numbered upwards');
    this.#inFlight.push({ seq, lastIndex: this.#lastIndex });
  }

  /** Write `seq` and all before it are durable. */
  written(seq: number): void {
    while (this.#inFlight.length > 0 && this.#inFlight[0]!.seq <= seq) {
      const write = this.#inFlight.shift()!;
      this.#persistedIndex = Math.max(this.#persistedIndex, write.lastIndex);
    }
  }

  /** Write `seq` and all after it failed: forgets what they carried. Returns the first index lost, 0 if none. */
  writeFailed(seq: number): number {
    this.#inFlight = this.#inFlight.filter((write) => write.seq < seq);
    const safe = Math.max(this.#persistedIndex, this.#inFlight.at(-1)?.lastIndex ?? 0);
    if (safe === this.#lastIndex) return 0;
    this.truncateFrom(safe + 1);
    return safe + 1;
  }

  /** Entries `from`..`to`, or the first of them (never none). All must be in the log. */
  entries(from: number, to: number): readonly LogEntry[] {
    assert(from >= this.#firstIndex && from <= to && to <= this.#lastIndex, `entries ${from}..${to} are in the log`);
    const recentFrom = this.#recentFrom;
    if (from >= recentFrom) {
      const start = from - recentFrom;
      return this.#recent.slice(start, Math.min(to - recentFrom + 1, start + maxEntriesPerRead));
    }
    const read = this.#reader.read(from, Math.min(to, recentFrom - 1, from + maxEntriesPerRead - 1));
    assert(read.length > 0 && read[0]!.index === from, `the store has entry ${from}`);
    return read;
  }

  /** Entries up to `index` are not needed soon: the store has them. */
  forgetThrough(index: number): void {
    const count = Math.min(index, this.#persistedIndex) - this.#recentFrom + 1;
    if (count <= 0) return;
    if (count >= this.#recent.length) this.#recent = [];
    else this.#recent.splice(0, count);
  }

  get recentCount(): number {
    return this.#recent.length;
  }

  /** A snapshot holds everything up to `snapshotIndex`; the store has dropped what was before `firstIndex`. */
  compact(snapshotIndex: number, snapshotTerm: number, firstIndex: number): void {
    assert(snapshotIndex >= this.#snapshotIndex, 'snapshots never go back');
    assert(firstIndex <= snapshotIndex + 1, 'no gap between snapshot and log');
    assert(firstIndex >= this.#firstIndex, 'the log never grows downwards');
    this.forgetThrough(firstIndex - 1);
    this.#snapshotIndex = snapshotIndex;
    this.#snapshotTerm = snapshotTerm;
    this.#firstIndex = firstIndex;
    while (this.#runs.length > 1 && this.#runs[1]!.firstIndex <= firstIndex) this.#runs.shift();
    if (firstIndex > this.#lastIndex) this.#runs = [];
  }

  /** The log is empty and continues after a snapshot that came from elsewhere. */
  reset(snapshotIndex: number, snapshotTerm: number): void {
    this.#recent = [];
    this.#runs = [];
    this.#firstIndex = snapshotIndex + 1;
    this.#lastIndex = snapshotIndex;
    this.#persistedIndex = snapshotIndex;
    this.#snapshotIndex = snapshotIndex;
    this.#snapshotTerm = snapshotTerm;
    for (const write of this.#inFlight) write.lastIndex = 0;
  }

  get #recentFrom(): number {
    return this.#lastIndex - this.#recent.length + 1;
  }
}
