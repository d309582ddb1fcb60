/**
 * The two messages of grpc.health.v1 (https://github.com/grpc/grpc/blob/master/doc/health-checking.md) in gRPC's framing:
 * a flag, the length as 32-bit big endian, the Protocol Buffers message. Pure.
 */

/** Thrown for bytes that are no answer to a health request. */
export class HealthProtocolError extends Error {
  override readonly name = 'HealthProtocolError';
}

export const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;
export type ServingStatus = (typeof servingStatuses)[number];

/** Answers are a few bytes; a longer one is no answer. */
export const maxAnswerBytes = 64 * 1024;

const frameHeaderBytes = 5;
const serviceTag = 0x0a;
const statusField = 1;

/** HealthCheckRequest { service = 1 }. */
export function encodeHealthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([serviceTag, ...varint(name.length)]), name]);
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

/** HealthCheckResponse { status = 1 }. Throws HealthProtocolError. */
export function decodeHealthAnswer(frame: Uint8Array): ServingStatus {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (bytes.length < frameHeaderBytes) throw new HealthProtocolError('the answer is too short');
  if (bytes[0] !== 0) throw new HealthProtocolError('the answer is compressed');
  const end = frameHeaderBytes + bytes.readUInt32BE(1);
  if (end > bytes.length) throw new HealthProtocolError('the answer is cut off');
  let status = 0;
  let at = frameHeaderBytes;
  const next = (): number => {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      if (at >= end) throw new HealthProtocolError('the answer is cut off');
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new HealthProtocolError('a number is too long');
  };
  while (at < end) {
    const tag = next();
    const wireType = tag & 7;
    const field = Math.floor(tag / 8);
    if (wireType === 0) {
      const value = next();
      if (field === statusField) status = value;
    } else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else if (wireType === 2) {
      const lengthBytes = next();
      at += lengthBytes;
    } else throw new HealthProtocolError(`unknown wire type ${wireType}`);
    if (at > end) throw new HealthProtocolError('the answer is cut off');
  }
  return servingStatuses[status] ?? 'UNKNOWN';
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}
