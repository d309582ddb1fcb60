/** yamux frames: the 12-byte header, big endian (wire facts of port 8300, section 2). */

export const frameTypes = { data: 0, windowUpdate: 1, ping: 2, goAway: 3 } as const;
export const flags = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;
export const goAwayCodes = { normal: 0, protocolError: 1, internalError: 2 } as const;
export const headerBytes = 12;
/** Credit of each direction of a stream at its start; also what a reader ever grants at once. */
export const initialWindowBytes = 256 * 1024;

export interface FrameHeader {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  /** Payload bytes (data), credit (window update), opaque id (ping) or code (go away). */
  readonly length: number;
}

/** Thrown for bytes that are not yamux, or break its rules; the session ends. */
export class YamuxError extends Error {
  override readonly name = 'YamuxError';
}

export function encodeHeader(type: number, flagBits: number, streamId: number, length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(headerBytes);
  writeHeader(bytes, type, flagBits, streamId, length);
  return bytes;
}

function writeHeader(bytes: Buffer, type: number, flagBits: number, streamId: number, length: number): void {
  bytes[0] = 0;
  bytes[1] = type;
  bytes.writeUInt16BE(flagBits, 2);
  bytes.writeUInt32BE(streamId, 4);
  bytes.writeUInt32BE(length, 8);
}

/** Header and payload of a data frame in one piece. */
export function encodeData(streamId: number, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(headerBytes + payload.length);
  writeHeader(bytes, frameTypes.data, 0, streamId, payload.length);
  bytes.set(payload, headerBytes);
  return bytes;
}

/** @throws YamuxError for a version or type that does not exist. */
export function decodeHeader(bytes: Uint8Array, offset: number): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, headerBytes);
  if (view.getUint8(0) !== 0) throw new YamuxError('invalid protocol version');
  const type = view.getUint8(1);
  if (type > frameTypes.goAway) throw new YamuxError('invalid msg type');
  return { type, flags: view.getUint16(2), streamId: view.getUint32(4), length: view.getUint32(8) };
}
