/** The messages of memberlist and their MessagePack bodies (wire facts of memberlist, sections 1 and 2). */
import { bool, bytes, type Infer, int64, str, struct, u16, u32, wireOmitEmpty } from '../../../structs/schema.ts';

export const messageTypes = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  compound: 7,
  user: 8,
  compress: 9,
  encrypt: 10,
  nack: 11,
  hasCrc: 12,
  err: 13,
} as const;

export const Ping = struct('ping', {
  SeqNo: u32,
  Node: str,
  SourceAddr: wireOmitEmpty(bytes),
  SourcePort: wireOmitEmpty(u16),
  SourceNode: wireOmitEmpty(str),
});
export type Ping = Infer<typeof Ping>;

export const IndirectPing = struct('indirectPing', {
  SeqNo: u32,
  Target: bytes,
  Port: u16,
  Node: str,
  Nack: bool,
  SourceAddr: wireOmitEmpty(bytes),
  SourcePort: wireOmitEmpty(u16),
  SourceNode: wireOmitEmpty(str),
});
export type IndirectPing = Infer<typeof IndirectPing>;

export const Ack = struct('ack', { SeqNo: u32, Payload: bytes });
export type Ack = Infer<typeof Ack>;

export const Nack = struct('nack', { SeqNo: u32 });
export type Nack = Infer<typeof Nack>;

export const Err = struct('err', { Error: str });
export type Err = Infer<typeof Err>;

export const Suspect = struct('suspect', { Incarnation: u32, Node: str, From: str });
export type Suspect = Infer<typeof Suspect>;

/** From = Node says that the node left by itself. */
export const Dead = struct('dead', { Incarnation: u32, Node: str, From: str });
export type Dead = Infer<typeof Dead>;

export const Alive = struct('alive', { Incarnation: u32, Node: str, Addr: bytes, Port: u16, Meta: bytes, Vsn: bytes });
export type Alive = Infer<typeof Alive>;

export const Compress = struct('compress', { Algo: u32, Buf: bytes });

export const PushPullHeader = struct('pushPullHeader', { Nodes: int64, UserStateLen: int64, Join: bool });
export type PushPullHeader = Infer<typeof PushPullHeader>;

/** State: 0 alive, 1 suspect, 2 dead, 3 left. */
export const PushNodeState = struct('pushNodeState', {
  Name: str,
  Addr: bytes,
  Port: u16,
  Meta: bytes,
  Incarnation: u32,
  State: int64,
  Vsn: bytes,
});
export type PushNodeState = Infer<typeof PushNodeState>;

export const UserMessageHeader = struct('userMsgHeader', { UserMsgLen: int64 });

/** A message as it arrives, decoded. `user` payloads are the delegate's own. */
export type Message =
  | { readonly type: 'ping'; readonly body: Ping }
  | { readonly type: 'indirectPing'; readonly body: IndirectPing }
  | { readonly type: 'ack'; readonly body: Ack }
  | { readonly type: 'nack'; readonly body: Nack }
  | { readonly type: 'suspect'; readonly body: Suspect }
  | { readonly type: 'alive'; readonly body: Alive }
  | { readonly type: 'dead'; readonly body: Dead }
  | { readonly type: 'user'; readonly payload: Uint8Array };

export const nodeStates = ['alive', 'suspect', 'dead', 'left'] as const;
export type NodeState = (typeof nodeStates)[number];
