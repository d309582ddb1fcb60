/**
 * One append as bytes: the entries of a batch, one behind the other. Little endian, without a checksum of its own: the frame
 * it travels in has one (`log-frame.ts`).
 *
 *   count u32 | first index f64 | term f64 | appendedAt f64
 *   per entry: flags u8 (bits 0-3 type, bit 4 has extensions, bit 5 own term and time) | [term f64 | appendedAt f64]
 *              | data length u32 | [extensions length u32] | data | [extensions]
 */
import { type EntryType, entryTypes, type LogEntry } from './api.ts';

/** Thrown when bytes are not the record that was written. */
export class BadRecord extends Error {
  override readonly name = 'BadRecord';
}

const headerBytes = 28;
const hasExtensions = 0x10;
const hasOwnStamp = 0x20;
const knownTypes: ReadonlySet<number> = new Set(Object.values(entryTypes));

/** Size of what `writeRecord` will write. */
export function recordBytes(entries: readonly LogEntry[]): number {
  const first = entries[0]!;
  let size = headerBytes;
  for (const entry of entries) size += entryBytes(entry, first);
  return size;
}

/** Writes entries that follow each other to `out` from `start` on; returns where the record ends. */
export function writeRecord(out: Buffer, start: number, entries: readonly LogEntry[]): number {
  const first = entries[0]!;
  let at = out.writeUInt32LE(entries.length, start);
  at = out.writeDoubleLE(first.index, at);
  at = out.writeDoubleLE(first.term, at);
  at = out.writeDoubleLE(first.appendedAtMs, at);
  for (const entry of entries) at = writeEntry(out, at, entry, first);
  return at;
}

const sharesStamp = (entry: LogEntry, first: LogEntry): boolean =>
  entry.term === first.term && entry.appendedAtMs === first.appendedAtMs;

const entryBytes = (entry: LogEntry, first: LogEntry): number =>
  5 + (sharesStamp(entry, first) ? 0 : 16) + (entry.extensions ? 4 + entry.extensions.length : 0) + entry.data.length;

function writeEntry(out: Buffer, start: number, entry: LogEntry, first: LogEntry): number {
  const { data, extensions } = entry;
  const ownStamp = !sharesStamp(entry, first);
  let at = start;
  out[at++] = entry.type | (extensions ? hasExtensions : 0) | (ownStamp ? hasOwnStamp : 0);
  if (ownStamp) {
    at = out.writeDoubleLE(entry.term, at);
    at = out.writeDoubleLE(entry.appendedAtMs, at);
  }
  at = out.writeUInt32LE(data.length, at);
  if (extensions) at = out.writeUInt32LE(extensions.length, at);
  out.set(data, at);
  at += data.length;
  if (extensions) {
    out.set(extensions, at);
    at += extensions.length;
  }
  return at;
}

/** Decodes a record. The entries' data are views of `record`. */
export function decodeRecord(record: Buffer): LogEntry[] {
  if (record.length < headerBytes) throw new BadRecord('record too short');
  const count = record.readUInt32LE(0);
  const index = record.readDoubleLE(4);
  if (!Number.isSafeInteger(index) || index < 1) throw new BadRecord('no index');
  const term = record.readDoubleLE(12);
  const appendedAtMs = record.readDoubleLE(20);
  const entries: LogEntry[] = [];
  let at = headerBytes;
  const need = (bytes: number): void => {
    if (at + bytes > record.length) throw new BadRecord('entry reaches beyond its record');
  };
  for (let i = 0; i < count; i++) {
    need(5);
    const flags = record[at++]!;
    const type = flags & 0x0f;
    if (!knownTypes.has(type)) throw new BadRecord(`unknown entry type ${type}`);
    let own: { term: number; appendedAtMs: number } | null = null;
    if (flags & hasOwnStamp) {
      need(20);
      own = { term: record.readDoubleLE(at), appendedAtMs: record.readDoubleLE(at + 8) };
      at += 16;
    }
    const dataBytes = record.readUInt32LE(at);
    at += 4;
    let extensionBytes = 0;
    if (flags & hasExtensions) {
      need(4);
      extensionBytes = record.readUInt32LE(at);
      at += 4;
    }
    need(dataBytes + extensionBytes);
    const data = record.subarray(at, at + dataBytes);
    at += dataBytes;
    entries.push({
      index: index + i,
      term: own?.term ?? term,
      type: type as EntryType, // checked against knownTypes above
      data,
      extensions: flags & hasExtensions ? record.subarray(at, at + extensionBytes) : null,
      appendedAtMs: own?.appendedAtMs ?? appendedAtMs,
    });
    at += extensionBytes;
  }
  if (count === 0 || at !== record.length) throw new BadRecord('record length does not fit its entries');
  return entries;
}
