/** The two messages of grpc.health.v1 (https://github.com/grpc/grpc/blob/master/doc/health-checking.md), framed. Pure. */
import { FrameReader, frame } from '../../lib/grpc/frames.ts';
import { eachField } from '../../lib/protobuf/elements.ts';
import { ProtoReader, ProtoWriter, wireTypes } from '../../lib/protobuf/wire.ts';

/** Thrown for bytes that are no answer to a health request. */
export class HealthProtocolError extends Error {
  override readonly name = 'HealthProtocolError';
}

export const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;
export type ServingStatus = (typeof servingStatuses)[number];

/** Answers are a few bytes; a longer one is no answer. */
export const maxAnswerBytes = 64 * 1024;

const serviceField = 1;
const statusField = 1;

/** HealthCheckRequest { service = 1 }. */
export function encodeHealthRequest(service: string): Buffer {
  const writer = new ProtoWriter();
  if (service !== '') {
    writer.tag(serviceField, wireTypes.bytes);
    writer.text(service);
  }
  return frame(writer.finish());
}

/** HealthCheckResponse { status = 1 }. Throws HealthProtocolError. */
export function decodeHealthAnswer(framed: Uint8Array): ServingStatus {
  let status = 0;
  try {
    const [message] = new FrameReader(maxAnswerBytes).push(framed);
    if (message === undefined) throw new HealthProtocolError('the answer is cut off');
    eachField(new ProtoReader(message), (field, wireType, reader) => {
      if (field === statusField && wireType === wireTypes.varint) status = reader.varint();
      else reader.skip(wireType);
    });
  } catch (error) {
    throw new HealthProtocolError((error as Error).message, { cause: error });
  }
  return servingStatuses[status] ?? 'UNKNOWN';
}
