/**
 * msgpack-rpc as it travels on a stream: a header, then a body, both plain MessagePack values back to back (wire facts of port
 * 8300, section 3).
 */
import { encodeTo, Writer } from '../../lib/msgpack/index.ts';
import { QueryMeta } from '../../structs/common.ts';
import { type Infer, type Schema, str, struct, u64, wireOmitEmpty } from '../../structs/schema.ts';

export const RequestHeader = struct('Request', { Seq: u64, ServiceMethod: str });
export type RequestHeader = Infer<typeof RequestHeader>;

export const ResponseHeader = struct('Response', { Error: str, Seq: u64, ServiceMethod: str });
export type ResponseHeader = Infer<typeof ResponseHeader>;

/** The body after an error. Others read it over: it has room for why, where the caller may know. */
export const ErrorBody = struct('ErrorBody', { Reason: wireOmitEmpty(str) });

/** Every message is finished before the next one begins: one buffer does for all. */
const writer = new Writer();

export function encodeRequest<T>(header: RequestHeader, schema: Schema<T>, args: T): Uint8Array {
  writer.reset();
  encodeTo(writer, RequestHeader, header);
  encodeTo(writer, schema, args);
  return writer.copy();
}

export function encodeResponse<T>(header: ResponseHeader, schema: Schema<T>, reply: T): Uint8Array {
  writer.reset();
  encodeTo(writer, ResponseHeader, header);
  encodeTo(writer, schema, reply);
  return writer.copy();
}

const metaFields = Object.keys(QueryMeta.type.fields);

/** Whether a reply carries QueryMeta among its own fields. */
export function carriesMeta(schema: Schema<unknown>): boolean {
  const { type } = schema;
  return type.kind === 'struct' && metaFields.every((field) => field in type.fields);
}

/** Splits what arrived into the reply and its QueryMeta; what is not there is zero. */
export function metaOf(reply: unknown): QueryMeta {
  const fields = reply as Partial<QueryMeta>;
  return {
    Index: fields.Index ?? 0,
    LastContact: fields.LastContact ?? 0,
    KnownLeader: fields.KnownLeader ?? false,
    ConsistencyLevel: fields.ConsistencyLevel ?? '',
    NotModified: fields.NotModified ?? false,
    Backend: fields.Backend ?? 0,
  };
}

export const noMeta: QueryMeta = metaOf({});
