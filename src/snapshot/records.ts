/**
 * state.bin, the state machine as a stream: a header, then records of a type byte and a MessagePack value, without
 * lengths, to the end (wire/snapshot, section 2). Every record that a Consul server may write is known here.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decoderOf } from '../lib/msgpack/decode.ts';
import { encoderOf } from '../lib/msgpack/encode.ts';
import { Decoder, MsgpackError, needMore, Writer } from '../lib/msgpack/index.ts';
import { ACL, ACLAuthMethod, ACLBindingRule, ACLPolicy, ACLRole, ACLToken } from '../structs/acl.ts';
import { RegisterRequest } from '../structs/catalog.ts';
import { RaftIndex } from '../structs/common.ts';
import { ConfigEntryRequest } from '../structs/config-entry.ts';
import { CAConfiguration, CAConsulProviderState, CARoot } from '../structs/connect.ts';
import { Coordinate } from '../structs/coordinate.ts';
import { newDict } from '../structs/dict.ts';
import { FederationStateRequest } from '../structs/federation.ts';
import { Intention } from '../structs/intention.ts';
import { SystemMetadataEntry } from '../structs/internal.ts';
import { DirEntry, PackedDirEntry } from '../structs/kv.ts';
import { AutopilotConfig } from '../structs/operator.ts';
import { PreparedQuery } from '../structs/prepared-query.ts';
import { big64, bool, bytes, type Infer, type Schema, slice, str, struct, u32, u64 } from '../structs/schema.ts';
import { Session } from '../structs/session.ts';
import { SnapshotError } from './errors.ts';

const Header = struct('SnapshotHeader', { LastIndex: u64 });

/** Index of a table, or of a part of one (`service.web`). */
export const IndexEntry = struct('IndexEntry', { Key: str, Value: u64 });
export type IndexEntry = Infer<typeof IndexEntry>;

/** Written by old servers: whether ACLs may still be bootstrapped. */
export const ACLBootstrap = struct('ACLBootstrap', { AllowBootstrap: bool, ...RaftIndex.type.fields });

export const Chunk = struct('ChunkInfo', { OpNum: big64, SequenceNum: u32, NumChunks: u32, Term: u64, Data: bytes });
export type Chunk = Infer<typeof Chunk>;
const chunks = slice(Chunk);

/** Pieces of unfinished large commands by operation number (in decimal); on the wire the keys are integers. */
export const ChunkingState = struct('ChunkingState', {
  ChunkMap: {
    type: { kind: 'map', of: chunks },
    wire: {
      encode(writer, value) {
        const entries = Object.entries((value ?? {}) as Record<string, Chunk[]>);
        writer.mapHead(entries.length);
        for (const [key, pieces] of entries) {
          writer.bigint(BigInt(key));
          encoderOf(chunks)(writer, pieces);
        }
      },
      decode(reader) {
        if (reader.nil()) return null;
        const size = reader.mapSize();
        if (size < 0) throw reader.mismatch('a map');
        const map = newDict();
        for (let i = 0; i < size; i++) {
          const key = String(reader.int());
          map[key] = decoderOf(chunks)(reader);
        }
        return map;
      },
    },
  } as Schema<Record<string, Chunk[] | null> | null>,
});

/** Every record by name, in the order in which Consul writes them. */
export const recordTypes = {
  registration: { byte: 0, value: RegisterRequest },
  coordinates: { byte: 6, value: slice(Coordinate) },
  session: { byte: 3, value: Session },
  aclToken: { byte: 17, value: ACLToken },
  aclPolicy: { byte: 19, value: ACLPolicy },
  aclRole: { byte: 23, value: ACLRole },
  aclBindingRule: { byte: 25, value: ACLBindingRule },
  aclAuthMethod: { byte: 27, value: ACLAuthMethod },
  kv: { byte: 2, value: PackedDirEntry },
  /** Key and ModifyIndex of a deleted key. */
  tombstone: { byte: 5, value: DirEntry },
  preparedQuery: { byte: 7, value: PreparedQuery },
  autopilot: { byte: 9, value: AutopilotConfig },
  legacyIntention: { byte: 12, value: Intention },
  connectCARoot: { byte: 13, value: CARoot },
  connectCAProviderState: { byte: 14, value: CAConsulProviderState },
  connectCAConfig: { byte: 15, value: CAConfiguration },
  configEntry: { byte: 22, value: ConfigEntryRequest },
  federationState: { byte: 30, value: FederationStateRequest },
  systemMetadata: { byte: 31, value: SystemMetadataEntry },
  index: { byte: 16, value: IndexEntry },
  chunkingState: { byte: 29, value: ChunkingState },
  /** Only in archives of old servers. */
  legacyAcl: { byte: 4, value: ACL },
  aclBootstrap: { byte: 11, value: ACLBootstrap },
} as const satisfies Record<string, { byte: number; value: Schema<unknown> }>;

export type RecordType = keyof typeof recordTypes;

/** A record of a type that is not known here, from a newer server: kept as it is, to be written back. */
export interface ForeignRecord {
  readonly byte: number;
  /** MessagePack: a map or an array. */
  readonly raw: Uint8Array;
}

/** A record, told apart by `type`. */
export type StateRecord =
  | { [T in RecordType]: { readonly type: T; readonly value: Infer<(typeof recordTypes)[T]['value']> } }[RecordType]
  | { readonly type: 'foreign'; readonly value: ForeignRecord };

const byByte = new Map<number, RecordType>(
  Object.entries(recordTypes).map(([type, { byte }]) => [byte, type as RecordType]),
);

const chunkBytes = 64 * 1024;
/** The event loop turns at least this often, however fast the other side is. */
const sliceMs = 2;
/** Tells when a slice is over; a simulation has its own time. */
type NowMs = () => number;
const systemNowMs: NowMs = () => performance.now();

/**
 * The stream of a state, in chunks of some 64 KiB. `lastIndex` is the highest index of any table. Records are taken one
 * by one, as the bytes are.
 */
export async function* writeState(
  lastIndex: number,
  records: Iterable<StateRecord> | AsyncIterable<StateRecord>,
  nowMs = systemNowMs,
): AsyncGenerator<Uint8Array> {
  const writer = new Writer({ sizeBytes: 2 * chunkBytes });
  encoderOf(Header)(writer, { LastIndex: lastIndex });
  let sliceEnd = nowMs() + sliceMs;
  const iterator = Symbol.asyncIterator in records ? records[Symbol.asyncIterator]() : records[Symbol.iterator]();
  try {
    for (let count = 0; ; count++) {
      // Synchronous iterators are not awaited: a promise per record would cost more than its encoding.
      const step = iterator.next();
      const { done, value: record } = step instanceof Promise ? await step : step;
      if (done === true) break;
      if (record.type === 'foreign') {
        writer.byte(record.value.byte);
        writer.raw(record.value.raw);
      } else {
        const { byte, value } = recordTypes[record.type];
        writer.byte(byte);
        encoderOf(value)(writer, record.value);
      }
      if (writer.pos >= chunkBytes) {
        yield writer.copy();
        writer.reset();
      }
      if ((count & 63) === 63 && nowMs() >= sliceEnd) {
        await nextTurn();
        sliceEnd = nowMs() + sliceMs;
      }
    }
    if (writer.pos > 0) yield writer.copy();
  } finally {
    await iterator.return?.();
  }
}

export interface StateReader {
  readonly lastIndex: number;
  /** Bytes of the stream up to the end of the record that came last. */
  readonly readBytes: number;
  /** To be iterated once. Throws SnapshotError on garbage; then nothing of the stream is to be believed. */
  readonly records: AsyncIterable<StateRecord>;
}

/** Opens a state stream. Byte fields of the records are copies. */
export async function readState(stream: AsyncIterable<Uint8Array>, nowMs = systemNowMs): Promise<StateReader> {
  const decoder = new Decoder({ copyBytes: true });
  const chunks = stream[Symbol.asyncIterator]();
  const more = async (): Promise<boolean> => {
    const { done, value } = await chunks.next();
    if (done === true) return false;
    decoder.push(value);
    return true;
  };
  let header = translated(() => decoder.next(Header));
  while (header === needMore) {
    if (!(await more())) throw new SnapshotError(decoder.bufferedBytes === 0 ? 'EOF' : 'unexpected EOF');
    header = translated(() => decoder.next(Header));
  }
  return {
    lastIndex: header.LastIndex,
    get readBytes() {
      return decoder.consumedBytes;
    },
    records: readRecords(decoder, more, chunks, nowMs),
  };
}

async function* readRecords(
  decoder: Decoder,
  more: () => Promise<boolean>,
  chunks: AsyncIterator<Uint8Array>,
  nowMs: NowMs,
): AsyncGenerator<StateRecord> {
  let sliceEnd = nowMs() + sliceMs;
  let byte: number | typeof needMore = needMore;
  try {
    for (let count = 0; ; ) {
      if (byte === needMore) {
        byte = decoder.byte();
        if (byte === needMore) {
          if (await more()) continue;
          return;
        }
      }
      const record = translated(() => nextRecord(decoder, byte as number));
      if (record === needMore) {
        if (await more()) continue;
        throw new SnapshotError('unexpected EOF');
      }
      yield record;
      byte = needMore;
      if ((++count & 31) === 0 && nowMs() >= sliceEnd) {
        await nextTurn();
        sliceEnd = nowMs() + sliceMs;
      }
    }
  } finally {
    await chunks.return?.();
  }
}

function nextRecord(decoder: Decoder, byte: number): StateRecord | typeof needMore {
  const type = byByte.get(byte);
  if (type !== undefined) {
    const value = decoder.next(recordTypes[type].value as Schema<unknown>);
    return value === needMore ? needMore : ({ type, value } as StateRecord);
  }
  if (byte > maxType) throw new SnapshotError(`Unrecognized msg type ${byte}`);
  const raw = decoder.nextRaw();
  if (raw === needMore) return needMore;
  // Every record there is so far is a map, or a list of maps.
  if (!isContainer(raw[0]!)) throw new SnapshotError(`Unrecognized msg type ${byte}`);
  return { type: 'foreign', value: { byte, raw: new Uint8Array(raw) } };
}

/** Above are only flags. */
const maxType = 0x7f;
const isContainer = (code: number): boolean => (code >= 0x80 && code <= 0x9f) || (code >= 0xdc && code <= 0xdf);

function translated<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof MsgpackError ? new SnapshotError(error.message, { cause: error }) : error;
  }
}
