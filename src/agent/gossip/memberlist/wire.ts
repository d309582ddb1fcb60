/**
 * Packets of memberlist as bytes: messages, compounds, compression and checksum (wire facts of memberlist, section 3). Encryption
 * is around this, in `security.ts`. Input is untrusted: what cannot be read is dropped with a reason, never thrown on.
 */
import { crc32 } from '../../../lib/crc32.ts';
import { LzwError, lzwCompress, lzwDecompress } from '../../../lib/lzw.ts';
import { decode, encode, MsgpackError } from '../../../lib/msgpack/index.ts';
import type { Infer, Schema } from '../../../structs/schema.ts';
import {
  Ack,
  Alive,
  Compress,
  Dead,
  IndirectPing,
  type Message,
  messageTypes,
  Nack,
  Ping,
  Suspect,
} from './messages.ts';

/** Largest packet or stream content that decompression may yield; a full state of thousands of nodes stays below. */
export const decompressedLimitBytes = 64 * 1024 * 1024;
/** How deep compounds and compressions may nest. */
const nestingLimit = 8;

/** Thrown for bytes that are no memberlist message; the packet or connection is dropped. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

function typed<T>(type: number, schema: Schema<T>, body: T): Uint8Array {
  const bytes = encode(schema, body);
  const message = new Uint8Array(bytes.length + 1);
  message[0] = type;
  message.set(bytes, 1);
  return message;
}

export const encodePing = (body: Ping): Uint8Array => typed(messageTypes.ping, Ping, body);
export const encodeIndirectPing = (body: IndirectPing): Uint8Array =>
  typed(messageTypes.indirectPing, IndirectPing, body);
export const encodeAck = (body: Ack): Uint8Array => typed(messageTypes.ack, Ack, body);
export const encodeNack = (body: Nack): Uint8Array => typed(messageTypes.nack, Nack, body);
export const encodeSuspect = (body: Suspect): Uint8Array => typed(messageTypes.suspect, Suspect, body);
export const encodeAlive = (body: Alive): Uint8Array => typed(messageTypes.alive, Alive, body);
export const encodeDead = (body: Dead): Uint8Array => typed(messageTypes.dead, Dead, body);

/** Several messages as one: `07`, count, lengths, parts. At most 255 parts of at most 65,535 bytes. */
export function encodeCompound(messages: readonly Uint8Array[]): Uint8Array {
  const header = 2 + 2 * messages.length;
  const out = new Uint8Array(messages.reduce((sum, m) => sum + m.length, header));
  const view = new DataView(out.buffer);
  out[0] = messageTypes.compound;
  out[1] = messages.length;
  let at = header;
  messages.forEach((message, i) => {
    view.setUint16(2 + 2 * i, message.length);
    out.set(message, at);
    at += message.length;
  });
  return out;
}

export const compress = (message: Uint8Array): Uint8Array =>
  typed(messageTypes.compress, Compress, { Algo: 0, Buf: lzwCompress(message) });

/** @throws WireError for an unknown algorithm or damaged data. */
export function decompressBuffer({ Algo, Buf }: Infer<typeof Compress>): Uint8Array {
  if (Algo !== 0) throw new WireError(`Cannot decompress unknown algorithm ${Algo}`);
  try {
    return lzwDecompress(Buf ?? new Uint8Array(0), decompressedLimitBytes);
  } catch (error) {
    if (error instanceof LzwError) throw new WireError(error.message, { cause: error });
    throw error;
  }
}

/** One packet of messages, ready for encryption or the socket. */
export function encodePacket(
  messages: readonly Uint8Array[],
  options: { compress: boolean; crc: boolean },
): Uint8Array {
  const [first] = messages;
  if (first === undefined) throw new Error('a packet needs a message');
  let packet = messages.length === 1 ? first : encodeCompound(messages);
  if (options.compress) {
    const smaller = compress(packet);
    if (smaller.length < packet.length) packet = smaller;
  }
  if (!options.crc) return packet;
  const out = new Uint8Array(packet.length + 5);
  out[0] = messageTypes.hasCrc;
  new DataView(out.buffer).setUint32(1, crc32(packet));
  out.set(packet, 5);
  return out;
}

/**
 * Every message of one packet (after decryption). `onDrop` hears why something was left out; messages before a damaged part
 * still count.
 */
export function decodePacket(
  packet: Uint8Array,
  onMessage: (m: Message) => void,
  onDrop: (reason: string) => void,
): void {
  let inner = packet;
  if (packet.length >= 5 && packet[0] === messageTypes.hasCrc) {
    inner = packet.subarray(5);
    const expected = new DataView(packet.buffer, packet.byteOffset).getUint32(1);
    const actual = crc32(inner);
    if (actual !== expected)
      return onDrop(`invalid checksum for UDP packet: ${expected.toString(16)}, ${actual.toString(16)}`);
  }
  try {
    decodeMessage(inner, onMessage, onDrop, 0);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    onDrop(error.message);
  }
}

function decodeMessage(
  bytes: Uint8Array,
  onMessage: (m: Message) => void,
  onDrop: (reason: string) => void,
  depth: number,
): void {
  const [type] = bytes;
  if (type === undefined) return onDrop('missing message type byte');
  if (depth > nestingLimit) return onDrop('messages nested too deeply');
  const body = bytes.subarray(1);
  switch (type) {
    case messageTypes.ping:
      return onMessage({ type: 'ping', body: decodeBody(Ping, body) });
    case messageTypes.indirectPing:
      return onMessage({ type: 'indirectPing', body: decodeBody(IndirectPing, body) });
    case messageTypes.ack:
      return onMessage({ type: 'ack', body: decodeBody(Ack, body) });
    case messageTypes.nack:
      return onMessage({ type: 'nack', body: decodeBody(Nack, body) });
    case messageTypes.suspect:
      return onMessage({ type: 'suspect', body: decodeBody(Suspect, body) });
    case messageTypes.alive:
      return onMessage({ type: 'alive', body: decodeBody(Alive, body) });
    case messageTypes.dead:
      return onMessage({ type: 'dead', body: decodeBody(Dead, body) });
    case messageTypes.user:
      return onMessage({ type: 'user', payload: body });
    case messageTypes.compress:
      return decodeMessage(decompressBuffer(decodeBody(Compress, body)), onMessage, onDrop, depth + 1);
    case messageTypes.compound:
      return decodeCompound(body, onMessage, onDrop, depth);
    default:
      onDrop(`msg type (${type}) not supported`);
  }
}

function decodeCompound(
  body: Uint8Array,
  onMessage: (m: Message) => void,
  onDrop: (reason: string) => void,
  depth: number,
): void {
  const [count] = body;
  if (count === undefined) return onDrop('missing compound length byte');
  let at = 1 + 2 * count;
  if (body.length < at) return onDrop('truncated len slice');
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  for (let i = 0; i < count; i++) {
    const length = view.getUint16(1 + 2 * i);
    if (at + length > body.length) return onDrop(`Compound request had ${count - i} truncated messages`);
    try {
      decodeMessage(body.subarray(at, at + length), onMessage, onDrop, depth + 1);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      onDrop(error.message);
    }
    at += length;
  }
}

/** @throws WireError where the codec throws its own. */
export function decodeBody<T>(schema: Schema<T>, body: Uint8Array): T {
  try {
    return decode(schema, body);
  } catch (error) {
    if (error instanceof MsgpackError) throw new WireError(error.message, { cause: error });
    throw error;
  }
}
