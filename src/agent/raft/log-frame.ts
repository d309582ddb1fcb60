/**
 * How the log lies in its files: frames behind each other, each with a checksum over all of it. Little endian.
 *
 *   mark u32 (0x676f6c74 xor position in the file) | body length u32 | crc32 u32 of the body | body
 *   body: kind u8 | flags u8 (bit 0: the write goes on in the next frame) | ...
 *     1 segment:    version u8 | resets u8 | sequence f64 | last index before it f64 | hard state
 *     2 entries:    a record (`log-record.ts`)
 *     3 hard state: term f64 | vote as UTF-8
 *
 * A write counts when its last frame is there; `nextFrame` tells a frame from what a crash left of one.
 */
import { crc32 } from 'node:zlib';
import type { LogEntry } from './api.ts';
import type { HardState } from './core/effects.ts';
import { recordBytes, writeRecord } from './log-record.ts';

/** Thrown when bytes are no frame, with the reason. */
export class BadFrame extends Error {
  override readonly name = 'BadFrame';
}

export interface SegmentHead {
  /** Number of the file, one more than that of the file before it. */
  readonly sequence: number;
  /** The log's last index when the file was begun. */
  readonly lastIndex: number;
  readonly hardState: HardState;
  /** Nothing of the files before it counts any more. */
  readonly resets: boolean;
}

export type Frame = { readonly start: number; readonly end: number; readonly goesOn: boolean } & (
  | { readonly kind: 'segment'; readonly head: SegmentHead }
  | { readonly kind: 'entries'; readonly record: Buffer }
  | { readonly kind: 'hardState'; readonly hardState: HardState }
);

const kinds = { segment: 1, entries: 2, hardState: 3 } as const;
const magic = 0x676f6c74;
const version = 1;
const headBytes = 12;
/** Kind and flags. */
const bodyHeadBytes = 2;
export const frameOverheadBytes = headBytes + bodyHeadBytes;

const markAt = (position: number): number => (magic ^ position) >>> 0;

/** Frames of one write, into a buffer that is used again. */
export class FrameWriter {
  #out = Buffer.allocUnsafeSlow(64 << 10);
  #end = 0;
  #lastBody = 0;
  #origin = 0;

  /** Begins a write that will lie at `position` of its file. */
  begin(position: number): void {
    this.#origin = position;
    this.#end = 0;
    this.#lastBody = -1;
  }

  segment({ sequence, lastIndex, hardState, resets }: SegmentHead): void {
    const vote = Buffer.from(hardState.votedFor);
    const at = this.#open(kinds.segment, 26 + vote.length);
    this.#out[at] = version;
    this.#out[at + 1] = resets ? 1 : 0;
    this.#out.writeDoubleLE(sequence, at + 2);
    this.#out.writeDoubleLE(lastIndex, at + 10);
    this.#hardState(at + 18, hardState.term, vote);
  }

  hardState({ term, votedFor }: HardState): void {
    const vote = Buffer.from(votedFor);
    const at = this.#open(kinds.hardState, 8 + vote.length);
    this.#hardState(at, term, vote);
  }

  entries(entries: readonly LogEntry[]): void {
    const at = this.#open(kinds.entries, recordBytes(entries));
    writeRecord(this.#out, at, entries);
  }

  /** The frames so far, checksums included; valid until the next `begin`. */
  finish(): Buffer {
    this.#seal();
    return this.#out.subarray(0, this.#end);
  }

  /** Bytes so far: where the next frame will begin, counted from the begin of the write. */
  get sizeBytes(): number {
    return this.#end;
  }

  #hardState(at: number, term: number, vote: Buffer): void {
    this.#out.writeDoubleLE(term, at);
    this.#out.set(vote, at + 8);
  }

  /** Makes room for a frame; returns where its content goes. */
  #open(kind: number, contentBytes: number): number {
    if (this.#lastBody >= 0) {
      this.#out[this.#lastBody + 1] = 1;
      this.#seal();
    }
    const start = this.#end;
    const body = start + headBytes;
    this.#end = body + bodyHeadBytes + contentBytes;
    if (this.#end > this.#out.length) {
      const larger = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(this.#end)));
      larger.set(this.#out.subarray(0, start));
      this.#out = larger;
    }
    this.#out.writeUInt32LE(markAt(this.#origin + start), start);
    this.#out.writeUInt32LE(bodyHeadBytes + contentBytes, start + 4);
    this.#out[body] = kind;
    this.#out[body + 1] = 0;
    this.#lastBody = body;
    return body + bodyHeadBytes;
  }

  #seal(): void {
    this.#out.writeUInt32LE(crc32(this.#out.subarray(this.#lastBody, this.#end)), this.#lastBody - 4);
  }
}

/** The frame that begins at `start` of a file's bytes. Throws BadFrame. The record of entries is a view of `bytes`. */
export function frameAt(bytes: Buffer, start: number): Frame {
  const body = start + headBytes;
  if (body > bytes.length) throw new BadFrame('frame cut short');
  if (bytes.readUInt32LE(start) !== markAt(start)) throw new BadFrame('no frame begins here');
  const end = body + bytes.readUInt32LE(start + 4);
  if (end > bytes.length || end < body + bodyHeadBytes) throw new BadFrame('frame cut short');
  if (bytes.readUInt32LE(start + 8) !== crc32(bytes.subarray(body, end))) {
    throw new BadFrame('checksum does not match');
  }
  const content = body + bodyHeadBytes;
  const place = { start, end, goesOn: bytes[body + 1] === 1 };
  switch (bytes[body]) {
    case kinds.segment:
      return { ...place, kind: 'segment', head: segmentHead(bytes.subarray(content, end)) };
    case kinds.entries:
      return { ...place, kind: 'entries', record: bytes.subarray(content, end) };
    case kinds.hardState:
      return { ...place, kind: 'hardState', hardState: hardStateOf(bytes.subarray(content, end)) };
    default:
      throw new BadFrame(`unknown kind ${bytes[body]}`);
  }
}

function segmentHead(bytes: Buffer): SegmentHead {
  if (bytes[0] !== version) throw new BadFrame(`unknown version ${bytes[0]}`);
  if (bytes.length < 26) throw new BadFrame('frame too short');
  return {
    resets: bytes[1] === 1,
    sequence: bytes.readDoubleLE(2),
    lastIndex: bytes.readDoubleLE(10),
    hardState: hardStateOf(bytes.subarray(18)),
  };
}

function hardStateOf(bytes: Buffer): HardState {
  if (bytes.length < 8) throw new BadFrame('frame too short');
  return { term: bytes.readDoubleLE(0), votedFor: bytes.toString('utf8', 8) };
}

/**
 * Whether what is at `start`, at the very end of the newest file and no frame, can be what a crash left of a write: cut short,
 * or with a stretch that never reached the disk (file systems show it as zeros). A write that ended was acknowledged, so
 * anything else is damage. No frame may follow.
 */
export function isTorn(bytes: Buffer, start: number): boolean {
  for (let at = start + 1; at + headBytes <= bytes.length; at++) {
    if (bytes.readUInt32LE(at) !== markAt(at)) continue;
    try {
      frameAt(bytes, at);
      return false;
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
    }
  }
  if (start + headBytes > bytes.length) return true;
  const hasMark = bytes.readUInt32LE(start) === markAt(start);
  if (hasMark && start + headBytes + bytes.readUInt32LE(start + 4) > bytes.length) return true;
  return hasZeroSector(bytes, start);
}

const sectorBytes = 512;

/** A sector of the file, as far as it belongs to the tail, that is all zeros. */
function hasZeroSector(bytes: Buffer, start: number): boolean {
  for (let from = start; from < bytes.length; ) {
    const to = Math.min(bytes.length, (Math.floor(from / sectorBytes) + 1) * sectorBytes);
    if (bytes.subarray(from, to).every((byte) => byte === 0)) return true;
    from = to;
  }
  return false;
}
