/** The messages of Serf and their MessagePack bodies (wire facts of Serf, section 1). A message is a type byte and a body. */
import { decode, decodeAt, encode, MsgpackError } from '../../../lib/msgpack/index.ts';
import {
  bool,
  bytes,
  dur,
  f64,
  type Infer,
  int64,
  map,
  ptr,
  type Schema,
  slice,
  str,
  struct,
  u8,
  u16,
  u32,
  u64,
} from '../../../structs/schema.ts';

export const serfTypes = {
  leave: 0,
  join: 1,
  pushPull: 2,
  userEvent: 3,
  query: 4,
  queryResponse: 5,
  conflictResponse: 6,
  keyRequest: 7,
  keyResponse: 8,
  relay: 9,
} as const;
export type SerfType = keyof typeof serfTypes;

export const Leave = struct('messageLeave', { LTime: u64, Node: str, Prune: bool });
export type Leave = Infer<typeof Leave>;
export const Join = struct('messageJoin', { LTime: u64, Node: str });
export type Join = Infer<typeof Join>;

export const UserEvents = struct('userEvents', {
  LTime: u64,
  Events: slice(struct('userEvent', { Name: str, Payload: bytes })),
});
export type UserEvents = Infer<typeof UserEvents>;

export const PushPull = struct('messagePushPull', {
  LTime: u64,
  StatusLTimes: map(u64),
  LeftMembers: slice(str),
  EventLTime: u64,
  Events: slice(ptr(UserEvents)),
  QueryLTime: u64,
});
export type PushPull = Infer<typeof PushPull>;

export const UserEvent = struct('messageUserEvent', { LTime: u64, Name: str, Payload: bytes, CC: bool });
export type UserEvent = Infer<typeof UserEvent>;

export const queryFlags = { ack: 1, noBroadcast: 2 } as const;
export const Query = struct('messageQuery', {
  LTime: u64,
  ID: u32,
  Addr: bytes,
  Port: u16,
  SourceNode: str,
  Filters: slice(bytes),
  Flags: u32,
  RelayFactor: u8,
  Timeout: dur,
  Name: str,
  Payload: bytes,
});
export type Query = Infer<typeof Query>;

export const QueryResponse = struct('messageQueryResponse', {
  LTime: u64,
  ID: u32,
  From: str,
  Flags: u32,
  Payload: bytes,
});
export type QueryResponse = Infer<typeof QueryResponse>;

export const KeyRequest = struct('keyRequest', { Key: bytes });
export const KeyResponse = struct('nodeKeyResponse', { Result: bool, Message: str, Keys: slice(str), PrimaryKey: str });
export type KeyResponse = Infer<typeof KeyResponse>;

/** What a node knows of the one that a name conflict is about; null = nothing. Addr has 16 bytes. */
export const ConflictResponse = ptr(
  struct('Member', {
    Name: str,
    Addr: bytes,
    Port: u16,
    Tags: map(str),
    Status: int64,
    ProtocolMin: u8,
    ProtocolMax: u8,
    ProtocolCur: u8,
    DelegateMin: u8,
    DelegateMax: u8,
    DelegateCur: u8,
  }),
);

export const RelayHeader = struct('relayHeader', {
  DestAddr: struct('UDPAddr', { IP: bytes, Port: int64, Zone: str }),
  DestName: str,
});

export const TagFilter = struct('filterTag', { Tag: str, Expr: str });
export const NodeFilter = slice(str);
export const filterTypes = { node: 0, tag: 1 } as const;

export const CoordinateStruct = struct('Coordinate', { Vec: slice(f64), Error: f64, Adjustment: f64, Height: f64 });
export const Tags = map(str);

/** Thrown for bytes that are no Serf message; they are dropped. */
export class SerfWireError extends Error {
  override readonly name = 'SerfWireError';
}

export function encodeSerf<T>(type: SerfType, schema: Schema<T>, body: T): Uint8Array {
  return prefixed(serfTypes[type], encode(schema, body));
}

export function prefixed(byte: number, bytes: Uint8Array): Uint8Array {
  const message = new Uint8Array(bytes.length + 1);
  message[0] = byte;
  message.set(bytes, 1);
  return message;
}

/** @throws SerfWireError where the codec throws its own. */
export function decodeSerf<T>(schema: Schema<T>, message: Uint8Array, offset = 1): T {
  try {
    return decode(schema, message, offset);
  } catch (error) {
    if (error instanceof MsgpackError) throw new SerfWireError(error.message, { cause: error });
    throw error;
  }
}

export const encodeRelay = (header: Infer<typeof RelayHeader>, inner: Uint8Array): Uint8Array =>
  Buffer.concat([encodeSerf('relay', RelayHeader, header), inner]);

/** Header and inner message of a relay. @throws SerfWireError */
export function decodeRelay(message: Uint8Array): {
  readonly header: Infer<typeof RelayHeader>;
  readonly inner: Uint8Array;
} {
  try {
    const { value, end } = decodeAt(RelayHeader, message, 1);
    return { header: value, inner: message.subarray(end) };
  } catch (error) {
    if (error instanceof MsgpackError) throw new SerfWireError(error.message, { cause: error });
    throw error;
  }
}

const tagsMagic = 0xff;

export const encodeTags = (tags: Readonly<Record<string, string>>): Uint8Array =>
  prefixed(tagsMagic, encode(Tags, { ...tags }));

/** Meta of a node: a map of tags, or (old agents) a bare role. Damaged meta is no tags. */
export function decodeTags(meta: Uint8Array): Record<string, string> {
  if (meta.length === 0 || meta[0] !== tagsMagic) return { role: new TextDecoder().decode(meta) };
  try {
    return decodeSerf(Tags, meta) ?? {};
  } catch (error) {
    if (error instanceof SerfWireError) return {};
    throw error;
  }
}
