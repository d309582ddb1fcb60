/** A user event as agents gossip it: Consul's MessagePack inside a Serf event (wire facts of Serf, "Events"). */
import { decode, encodeTo, MsgpackError, Writer } from '../../lib/msgpack/index.ts';
import { bytes, type Infer, int64, str, struct, u64, wireOmitEmpty } from '../../structs/schema.ts';

/** Serf's name of an event of ours begins with this. */
export const eventPrefix = 'consul:event:';
/** What a leader says at the start of every term. */
export const newLeaderEvent = 'consul:new-leader';
export const eventVersion = 1;

const UserEventWire = struct('UserEvent', {
  ID: str,
  n: str,
  p: wireOmitEmpty(bytes),
  nf: wireOmitEmpty(str),
  sf: wireOmitEmpty(str),
  tf: wireOmitEmpty(str),
  v: int64,
});

export const UserEvent = struct('UserEvent', {
  ID: str,
  Name: str,
  Payload: bytes,
  NodeFilter: str,
  ServiceFilter: str,
  TagFilter: str,
  Version: int64,
  LTime: u64,
});
export type UserEvent = Infer<typeof UserEvent>;

export function encodeUserEvent(event: UserEvent): Uint8Array {
  // The one message of Consul in the newer dialect: bytes as bin, longer names as str8.
  const writer = new Writer({ newSpec: true, sizeBytes: 512 });
  encodeTo(writer, UserEventWire, {
    ID: event.ID,
    n: event.Name,
    p: event.Payload,
    nf: event.NodeFilter,
    sf: event.ServiceFilter,
    tf: event.TagFilter,
    v: event.Version,
  });
  return writer.copy();
}

/** null for bytes that are no user event. */
export function decodeUserEvent(payload: Uint8Array, lTime: number): UserEvent | null {
  try {
    const { ID, n, p, nf, sf, tf, v } = decode(UserEventWire, payload);
    const Payload = p === null ? null : p.slice();
    return { ID, Name: n, Payload, NodeFilter: nf, ServiceFilter: sf, TagFilter: tf, Version: v, LTime: lTime };
  } catch (error) {
    if (!(error instanceof MsgpackError)) throw error;
    return null;
  }
}

/** The index of a list that ends with this event: both halves of its id, one over the other. 64 bits. */
export function indexOfEvent(id: string): bigint {
  const hex = id.replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/i.test(hex)) return 1n;
  return BigInt(`0x${hex.slice(0, 16)}`) ^ BigInt(`0x${hex.slice(16)}`);
}
