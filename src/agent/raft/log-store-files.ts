/**
 * The durable log: numbered files of frames in `<data>/raft/raft.db/`, written to only at their end. A write is one call to the
 * system that returns when the bytes are on the disk. Entries that replace a suffix are appended like any others; what they
 * replace no longer counts. A file that is full is followed by the next, which repeats term and vote, so that old ones can go.
 */
import { entryTypes, type LogEntry } from './api.ts';
import { assert } from './core/assert.ts';
import type { HardState } from './core/effects.ts';
import type { TermRun } from './core/log-view.ts';
import { asError, CorruptStorage, StorageFailed } from './errors.ts';
import type { LogDisk, LogFile } from './log-disk.ts';
import {
  BadFrame,
  type Frame,
  FrameWriter,
  frameAt,
  frameOverheadBytes,
  isTorn,
  type SegmentHead,
} from './log-frame.ts';
import { BadRecord, decodeRecord } from './log-record.ts';
import { addContents, emptyHardState, type LogContents, type LogStore, type LogWrite } from './log-store.ts';

interface Segment {
  readonly sequence: number;
  readonly name: string;
  readonly file: LogFile;
  endBytes: number;
}

/** The entries of one frame, as far as nothing replaced them. */
interface Batch {
  readonly first: number;
  last: number;
  readonly segment: Segment;
  /** Where its frame lies. */
  readonly start: number;
  readonly end: number;
}

export interface FileLogOptions {
  readonly disk: LogDisk;
  /** A file that has reached this size is followed by another. */
  readonly segmentBytes?: number;
}

const ordinarySegmentBytes = 8 << 20;
/** Frames are cut here, so that reading one entry does not mean reading a long one. */
const maxFrameBytes = 1 << 20;
const readBytes = 1 << 20;
const namePattern = /^(\d{12})\.log$/;
const nameOf = (sequence: number): string => `${String(sequence).padStart(12, '0')}.log`;

/** Opens or makes the log. Rejects with CorruptStorage naming the file if what is there is not a log as it was written. */
export async function openFileLogStore({ disk, segmentBytes }: FileLogOptions): Promise<LogStore> {
  const store = new FileLogStore(disk, segmentBytes ?? ordinarySegmentBytes);
  try {
    await store.load();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

class FileLogStore implements LogStore {
  readonly place: string;
  readonly #disk: LogDisk;
  readonly #segmentBytes: number;
  readonly #writer = new FrameWriter();
  #segments: Segment[] = [];
  /** Files that are no longer part of the log. */
  #stale: readonly string[] = [];
  #batches: Batch[] = [];
  #firstIndex = 1;
  #lastIndex = 0;
  #hardState = emptyHardState;
  readonly #contents = { runs: [] as TermRun[], configurations: [] as LogEntry[] };
  /** A write that failed may have left something behind the newest file's end. */
  #isTailDirty = false;
  #busy = false;

  constructor(disk: LogDisk, segmentBytes: number) {
    this.#disk = disk;
    this.#segmentBytes = segmentBytes;
    this.place = disk.place;
  }

  get hardState(): HardState {
    return this.#hardState;
  }
  get firstIndex(): number {
    return this.#firstIndex;
  }
  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** Reads every frame once: checksums, and that the log has no holes. */
  async load(): Promise<void> {
    const all = (await this.#disk.list()).flatMap((name) => namePattern.exec(name)?.[1] ?? []).map(Number);
    all.sort((a, b) => a - b);
    // Files are removed from the oldest on; a crash may leave one that was removed before others that stay gone. It goes with the
    // next compaction: who misses what was between finds all that is left.
    const gap = Math.max(
      0,
      all.findLastIndex((sequence, i) => i > 0 && sequence !== all[i - 1]! + 1),
    );
    this.#stale = all.slice(0, gap).map(nameOf);
    const sequences = all.slice(gap);
    for (const sequence of sequences) await this.#loadSegment(sequence, sequence === sequences.at(-1));
    const lastTerm = this.#contents.runs.at(-1)?.term ?? 0;
    if (lastTerm > this.#hardState.term) {
      throw new CorruptStorage(
        this.place,
        `entries of term ${lastTerm}, but the stored term is ${this.#hardState.term}`,
      );
    }
  }

  async #loadSegment(sequence: number, isNewest: boolean): Promise<void> {
    const name = nameOf(sequence);
    const file = await this.#disk.open(name);
    const segment: Segment = { sequence, name, file, endBytes: 0 };
    this.#segments.push(segment);
    const bytes = file.read(0, file.sizeBytes);
    const path = `${this.place}/${name}`;
    const write: Frame[] = [];
    for (let at = 0; at < bytes.length; ) {
      let frame: Frame;
      try {
        frame = frameAt(bytes, at);
      } catch (error) {
        if (!(error instanceof BadFrame)) throw error;
        if (isNewest && isTorn(bytes, at)) break;
        throw new CorruptStorage(path, `byte ${at}: ${error.message}`, { cause: error });
      }
      at = frame.end;
      write.push(frame);
      if (frame.goesOn) continue;
      for (const part of write.splice(0)) this.#replay(part, segment, path);
      segment.endBytes = at;
    }
    if (segment.endBytes === bytes.length && bytes.length > 0) return;
    if (!isNewest) throw new CorruptStorage(path, 'its last write is not complete');
    if (segment.endBytes > 0) {
      await file.truncate(segment.endBytes);
      return;
    }
    // Nothing of its first write arrived.
    this.#segments.pop();
    await file.close();
    await this.#disk.remove(name);
  }

  #replay(frame: Frame, segment: Segment, path: string): void {
    const fail = (reason: string): never => {
      throw new CorruptStorage(path, `byte ${frame.start}: ${reason}`);
    };
    if ((frame.start === 0) !== (frame.kind === 'segment')) fail('a file begins with its number, and only there');
    switch (frame.kind) {
      case 'segment':
        if (frame.head.sequence !== segment.sequence) fail(`it was file ${frame.head.sequence}`);
        this.#enter(frame.head, segment, fail);
        return;
      case 'hardState':
        this.#hardState = frame.hardState;
        return;
      case 'entries': {
        const entries = recordOf(frame.record, fail).map(unbound);
        const first = entries[0]!.index;
        const isJoined = first <= this.#lastIndex + 1 && (first >= this.#firstIndex || this.#batches.length === 0);
        if (!isJoined) fail(`entries from ${first} on do not follow ${this.#lastIndex}`);
        this.#add({ first, last: entries.at(-1)!.index, segment, start: frame.start, end: frame.end });
        forget(this.#contents, first);
        addContents(this.#contents, entries);
      }
    }
  }

  #enter({ resets, lastIndex, hardState }: SegmentHead, { sequence }: Segment, fail: (reason: string) => never): void {
    if (resets || sequence === this.#segments[0]!.sequence) {
      this.#begin(lastIndex);
      forget(this.#contents, 0);
    } else if (lastIndex !== this.#lastIndex) fail(`it follows entry ${lastIndex}, but ${this.#lastIndex} is the last`);
    this.#hardState = hardState;
  }

  /** No entries; the next one is `lastIndex` + 1. */
  #begin(lastIndex: number): void {
    this.#batches = [];
    this.#lastIndex = lastIndex;
    this.#firstIndex = lastIndex + 1;
  }

  /** Entries at the end, which replace what is at or behind their first index. */
  #add(batch: Batch): void {
    if (batch.first <= this.#lastIndex) {
      while (this.#batches.length > 0 && this.#batches.at(-1)!.first >= batch.first) this.#batches.pop();
      const before = this.#batches.at(-1);
      if (before !== undefined) before.last = batch.first - 1;
      else this.#firstIndex = batch.first;
    }
    this.#batches.push(batch);
    this.#lastIndex = batch.last;
  }

  read(from: number, to: number): readonly LogEntry[] {
    const entries: LogEntry[] = [];
    for (let i = this.#batchOf(from), bytes = 0; i < this.#batches.length && bytes < readBytes; ) {
      const head = this.#batches[i]!;
      if (head.first > to) break;
      // What lies in one file is read at once.
      let j = i + 1;
      let { end } = head;
      for (; j < this.#batches.length && end - head.start < readBytes - bytes; j++) {
        const next = this.#batches[j]!;
        if (next.segment !== head.segment || next.first > to) break;
        end = next.end;
      }
      const stretch = head.segment.file.read(head.start, end - head.start);
      bytes += stretch.length;
      for (; i < j; i++) this.#take(this.#batches[i]!, stretch, head.start, from, to, entries);
    }
    return entries;
  }

  /** Adds the entries of a batch, found in the bytes from `origin` of its file on. */
  #take(batch: Batch, bytes: Buffer, origin: number, from: number, to: number, entries: LogEntry[]): void {
    const fail = (reason: string): never => {
      throw new CorruptStorage(`${this.place}/${batch.segment.name}`, `entry ${batch.first}: ${reason}`);
    };
    const record = bytes.subarray(batch.start - origin + frameOverheadBytes, batch.end - origin);
    for (const entry of recordOf(record, fail)) {
      if (entry.index > batch.last) break;
      if (entry.index >= from && entry.index <= to) entries.push(entry);
    }
  }

  async write({ hardState, entries }: LogWrite): Promise<void> {
    const first = entries[0]?.index;
    if (first === undefined && !hardState) return;
    if (first !== undefined) {
      assert(first >= this.#firstIndex && first <= this.#lastIndex + 1, 'entries join the log');
    }
    const batches = await this.#append(false, this.#lastIndex, (writer) => {
      if (hardState) writer.hardState(hardState);
      return writeBatches(writer, entries);
    });
    if (hardState) this.#hardState = hardState;
    for (const batch of batches) this.#add(batch);
  }

  async compact(index: number): Promise<void> {
    for (const name of this.#stale) await this.#disk.remove(name);
    this.#stale = [];
    // Whole files only, and never the newest.
    for (;;) {
      const [oldest] = this.#segments;
      if (oldest === undefined || this.#segments.length === 1) return;
      const kept = this.#batches.findIndex((batch) => batch.segment !== oldest || batch.last > index);
      const isNeeded = kept >= 0 && this.#batches[kept]!.segment === oldest;
      if (isNeeded) return;
      // First out of sight: nobody may read from a file that goes.
      const gone = kept < 0 ? this.#batches.splice(0) : this.#batches.splice(0, kept);
      if (gone.length > 0) this.#firstIndex = gone.at(-1)!.last + 1;
      await this.#alone('failed to truncate the raft log', () => this.#removeOldest());
    }
  }

  async reset(index: number): Promise<void> {
    await this.#append(true, index, () => []);
    this.#begin(index);
    while (this.#segments.length > 1) {
      await this.#alone('failed to truncate the raft log', () => this.#removeOldest());
    }
  }

  async #removeOldest(): Promise<void> {
    const [oldest] = this.#segments;
    await this.#disk.remove(oldest!.name);
    this.#segments.shift();
    await oldest!.file.close();
  }

  contents(): LogContents {
    return this.#contents;
  }

  async close(): Promise<void> {
    for (const { file } of this.#segments.splice(0)) await file.close();
  }

  /** Position of the batch that holds `index`. */
  #batchOf(index: number): number {
    let low = 0;
    let high = this.#batches.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#batches[middle]!.first <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Writes what `fill` puts into frames, as one, behind the head of a new file where one is due. */
  #append(
    resets: boolean,
    lastIndex: number,
    fill: (writer: FrameWriter) => readonly Omit<Batch, 'segment'>[],
  ): Promise<readonly Batch[]> {
    return this.#alone('failed to write to the raft log', async () => {
      const newest = this.#segments.at(-1);
      if (newest !== undefined && this.#isTailDirty) {
        await newest.file.truncate(newest.endBytes);
        this.#isTailDirty = false;
      }
      const isNew = newest === undefined || resets || newest.endBytes >= this.#segmentBytes;
      const segment = isNew ? await this.#create((newest?.sequence ?? 0) + 1) : newest;
      try {
        const writer = this.#writer;
        writer.begin(segment.endBytes);
        if (isNew) writer.segment({ sequence: segment.sequence, lastIndex, hardState: this.#hardState, resets });
        const batches = fill(writer);
        const bytes = writer.finish();
        await segment.file.write(segment.endBytes, bytes);
        const origin = segment.endBytes;
        segment.endBytes += bytes.length;
        if (isNew) this.#segments.push(segment);
        return batches.map(({ first, last, start, end }) => ({
          first,
          last,
          segment,
          start: origin + start,
          end: origin + end,
        }));
      } catch (error) {
        await this.#clean(segment, isNew);
        throw error;
      }
    });
  }

  async #create(sequence: number): Promise<Segment> {
    const name = nameOf(sequence);
    const file = await this.#disk.open(name);
    // What an earlier try left.
    if (file.sizeBytes > 0) await file.truncate(0);
    return { sequence, name, file, endBytes: 0 };
  }

  /** Takes back what a failed write may have left; if the disk refuses that too, the next write does. */
  async #clean(segment: Segment, isNew: boolean): Promise<void> {
    try {
      await segment.file.truncate(segment.endBytes);
    } catch {
      this.#isTailDirty = !isNew;
    }
    if (isNew) await segment.file.close();
  }

  async #alone<T>(what: string, run: () => Promise<T>): Promise<T> {
    assert(!this.#busy, 'one write at a time');
    this.#busy = true;
    try {
      return await run();
    } catch (error) {
      throw new StorageFailed(what, asError(error));
    } finally {
      this.#busy = false;
    }
  }
}

function writeBatches(writer: FrameWriter, entries: readonly LogEntry[]): readonly Omit<Batch, 'segment'>[] {
  const batches: Omit<Batch, 'segment'>[] = [];
  const cut = (from: number, to: number): void => {
    const part = from === 0 && to === entries.length ? entries : entries.slice(from, to);
    const start = writer.sizeBytes;
    writer.entries(part);
    batches.push({ first: part[0]!.index, last: part.at(-1)!.index, start, end: writer.sizeBytes });
  };
  let from = 0;
  let sizeBytes = 0;
  for (let i = 0; i < entries.length; i++) {
    const bytes = entries[i]!.data.length;
    if (i > from && sizeBytes + bytes > maxFrameBytes) {
      cut(from, i);
      from = i;
      sizeBytes = 0;
    }
    sizeBytes += bytes;
  }
  if (entries.length > 0) cut(from, entries.length);
  return batches;
}

/** Configurations outlive the bytes of their file. */
const unbound = (entry: LogEntry): LogEntry =>
  entry.type === entryTypes.configuration ? { ...entry, data: Buffer.from(entry.data) } : entry;

function recordOf(record: Buffer, fail: (reason: string) => never): LogEntry[] {
  try {
    return decodeRecord(record);
  } catch (error) {
    if (error instanceof BadRecord) return fail(error.message);
    throw error;
  }
}

/** Drops what is known of entries from `index` on. */
function forget(contents: { runs: TermRun[]; configurations: LogEntry[] }, index: number): void {
  while (contents.runs.length > 0 && contents.runs.at(-1)!.firstIndex >= index) contents.runs.pop();
  while (contents.configurations.length > 0 && contents.configurations.at(-1)!.index >= index)
    contents.configurations.pop();
}
