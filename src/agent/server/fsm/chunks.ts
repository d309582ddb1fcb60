/**
 * Large KV commands arrive in pieces (wire/raft, section 5): each is a log entry whose extensions say which operation and which
 * piece it is. The command is applied with the last missing piece.
 */

export interface ChunkInfo {
  /** Random, chosen by the proposer. */
  readonly operation: bigint;
  readonly sequence: number;
  readonly total: number;
}

/** Reads the extensions' protobuf: 1 op_num, 2 sequence_num, 3 num_chunks, 4 next_extensions. Null for garbage. */
export function parseChunkInfo(bytes: Uint8Array): ChunkInfo | null {
  let at = 0;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return null;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    return null;
  };
  const fields = [0n, 0n, 0n, 0n];
  while (at < bytes.length) {
    const tag = varint();
    if (tag === null) return null;
    if ((tag & 7n) === 2n) {
      const length = varint();
      if (length === null || length > BigInt(bytes.length - at)) return null;
      at += Number(length);
    } else if ((tag & 7n) === 0n) {
      const value = varint();
      if (value === null) return null;
      const field = Number(tag >> 3n);
      if (field >= 1 && field <= 3) fields[field] = value;
    } else return null;
  }
  return {
    operation: fields[1] as bigint,
    sequence: Number(BigInt.asUintN(32, fields[2] as bigint)),
    total: Number(BigInt.asUintN(32, fields[3] as bigint)),
  };
}

/** A piece as snapshots carry it. */
export interface Chunk {
  readonly operation: bigint;
  readonly sequence: number;
  readonly total: number;
  readonly term: number;
  readonly data: Uint8Array;
}

export class Chunks {
  #operations = new Map<bigint, Map<number, Chunk>>();
  #term = 0;

  /** The joined command when this was its last missing piece, else null. Pieces of an earlier term are dropped. */
  add(chunk: Chunk): Uint8Array | null {
    if (chunk.term !== this.#term) {
      this.#operations.clear();
      this.#term = chunk.term;
    }
    // An empty piece never counts as received.
    if (chunk.data.length === 0 || chunk.sequence >= chunk.total) return null;
    let pieces = this.#operations.get(chunk.operation);
    if (pieces === undefined) {
      pieces = new Map();
      this.#operations.set(chunk.operation, pieces);
    }
    pieces.set(chunk.sequence, chunk);
    if (pieces.size < chunk.total) return null;
    this.#operations.delete(chunk.operation);
    const inOrder = [...pieces.values()].sort((a, b) => a.sequence - b.sequence);
    return Buffer.concat(inOrder.map((piece) => piece.data));
  }

  /** All unfinished pieces. */
  all(): Chunk[] {
    return [...this.#operations.values()].flatMap((pieces) => [...pieces.values()]);
  }

  replace(chunks: readonly Chunk[]): void {
    this.#operations.clear();
    this.#term = chunks[0]?.term ?? 0;
    for (const chunk of chunks) this.add(chunk);
  }
}
