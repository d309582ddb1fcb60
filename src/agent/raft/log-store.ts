/** Where log, term and vote live. Both implementations, and the simulated one, pass the same tests. */
import { entryTypes, type LogEntry } from './api.ts';
import type { HardState } from './core/effects.ts';
import type { LogReader, TermRun } from './core/log-view.ts';

/** One atomic write: after it, or after a crash during it, all of it is there or nothing. */
export interface LogWrite {
  readonly hardState: HardState | null;
  /** Entries that follow each other. Those at or below the last stored index replace the suffix from there on. */
  readonly entries: readonly LogEntry[];
}

export interface LogStore extends LogReader {
  /** For messages: the file, or 'memory'. */
  readonly place: string;
  readonly hardState: HardState;
  /** First entry there is, lastIndex + 1 if there is none. May be lower than a compaction asked for. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Resolves when the write is on disk. Rejects with StorageFailed; then nothing of it is stored, and the store still works. */
  write(write: LogWrite): Promise<void>;
  /** Drops entries through `index`, as far as that is cheap. Not necessarily durable. */
  compact(index: number): Promise<void>;
  /** Drops all entries; the next one is `index` + 1. */
  reset(index: number): Promise<void>;
  /** What is stored, found out when the store was opened. */
  contents(): LogContents;
  close(): Promise<void>;
}

export interface LogContents {
  readonly runs: readonly TermRun[];
  /** All configuration entries, in order. */
  readonly configurations: readonly LogEntry[];
}

/** Gathers LogContents while entries go by in order. */
export function addContents(
  contents: { runs: TermRun[]; configurations: LogEntry[] },
  entries: readonly LogEntry[],
): void {
  for (const entry of entries) {
    if (contents.runs.at(-1)?.term !== entry.term) contents.runs.push({ firstIndex: entry.index, term: entry.term });
    if (entry.type === entryTypes.configuration) contents.configurations.push(entry);
  }
}

export const emptyHardState: HardState = { term: 0, votedFor: '' };
