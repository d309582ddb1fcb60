/**
 * Exchanges of memberlist over TCP as bytes: full states, pings, user messages, errors (wire facts of memberlist, section 4). A
 * stream is one message each way; reading resumes with every chunk and throws WireError alone.
 */
import { Decoder, encode, MsgpackError, needMore } from '../../../lib/msgpack/index.ts';
import type { Schema } from '../../../structs/schema.ts';
import type { Keyring } from './keyring.ts';
import {
  Ack,
  Compress,
  Err,
  messageTypes,
  Ping,
  PushNodeState,
  PushPullHeader,
  UserMessageHeader,
} from './messages.ts';
import { decrypt, encrypt, encryptedLength } from './security.ts';
import { compress, decompressBuffer, WireError } from './wire.ts';

/** How a pool protects its streams; null = plain text. */
export interface StreamSecurity {
  readonly ring: Keyring;
  readonly verifyIncoming: boolean;
  readonly verifyOutgoing: boolean;
}

export type StreamMessage =
  | { readonly type: 'ping'; readonly body: Ping }
  | { readonly type: 'ack'; readonly body: Ack }
  | { readonly type: 'err'; readonly text: string }
  | { readonly type: 'user'; readonly payload: Uint8Array }
  | {
      readonly type: 'pushPull';
      readonly join: boolean;
      readonly nodes: readonly PushNodeState[];
      readonly userState: Uint8Array;
    };

/** Largest encrypted content a peer may announce. */
const encryptedLimitBytes = 20 * 1024 * 1024;
const nodesLimit = 100_000;
const userStateLimitBytes = 64 * 1024 * 1024;

export function encodeStream(
  message: StreamMessage,
  options: { compress: boolean; security: StreamSecurity | null },
): Uint8Array {
  let bytes = encodePlain(message);
  if (options.compress) bytes = compress(bytes);
  const { security } = options;
  const key = security?.verifyOutgoing === true ? security.ring.primary : undefined;
  if (key === undefined) return bytes;
  const header = new Uint8Array(5);
  header[0] = messageTypes.encrypt;
  new DataView(header.buffer).setUint32(1, encryptedLength(1, bytes.length));
  return Buffer.concat([header, encrypt(key, bytes, { version: 1, aad: header })]);
}

function encodePlain(message: StreamMessage): Uint8Array {
  const head = Uint8Array.of(messageTypes[message.type]);
  switch (message.type) {
    case 'ping':
      return Buffer.concat([head, encode(Ping, message.body)]);
    case 'ack':
      return Buffer.concat([head, encode(Ack, message.body)]);
    case 'err':
      return Buffer.concat([head, encode(Err, { Error: message.text })]);
    case 'user': {
      return Buffer.concat([head, encode(UserMessageHeader, { UserMsgLen: message.payload.length }), message.payload]);
    }
    case 'pushPull': {
      const header = { Nodes: message.nodes.length, UserStateLen: message.userState.length, Join: message.join };
      const nodes = message.nodes.map((node) => encode(PushNodeState, node));
      return Buffer.concat([head, encode(PushPullHeader, header), ...nodes, message.userState]);
    }
  }
}

type Step = (self: StreamDecoder) => StreamMessage | null;

/** Reads the one message of a stream. */
export class StreamDecoder {
  readonly #security: StreamSecurity | null;
  #source = new Decoder({ maxValueBytes: userStateLimitBytes });
  /** The content came whole (decrypted, decompressed): what is missing will not come. */
  #whole = false;
  #header: Uint8Array | null = null;
  #pushPull: { header: PushPullHeader; nodes: PushNodeState[] } | null = null;
  #userLength = -1;
  #step: Step = (self) => self.#readPreamble();

  constructor(security: StreamSecurity | null) {
    this.#security = security;
  }

  /** @returns the message once it is complete. @throws WireError */
  push(chunk: Uint8Array): StreamMessage | null {
    this.#source.push(chunk);
    try {
      return this.#step(this);
    } catch (error) {
      if (error instanceof MsgpackError) throw new WireError(error.message, { cause: error });
      throw error;
    }
  }

  #readPreamble(): StreamMessage | null {
    const type = this.#source.byte();
    if (type === needMore) return null;
    if (type === messageTypes.encrypt) {
      if (this.#security === null) throw new WireError('Remote state is encrypted and encryption is not configured');
      this.#step = (self) => self.#readEncrypted();
      return this.#readEncrypted();
    }
    if (this.#security?.verifyIncoming === true) {
      throw new WireError('Encryption is configured but remote state is not encrypted');
    }
    return this.#readTyped(type);
  }

  #readEncrypted(): StreamMessage | null {
    if (this.#header === null) {
      const length = this.#source.take(4);
      if (length === needMore) return null;
      this.#header = Uint8Array.of(messageTypes.encrypt, ...length);
    }
    const size = new DataView(this.#header.buffer).getUint32(1);
    if (size > encryptedLimitBytes) throw new WireError(`Remote node state is larger than limit (${size})`);
    const content = this.#source.take(size);
    if (content === needMore || this.#security === null) return null;
    this.#replaceSource(decrypt(this.#security.ring, content, this.#header));
    const type = this.#source.byte();
    if (type === needMore) throw new WireError('unexpected EOF');
    return this.#readTyped(type);
  }

  #readTyped(type: number): StreamMessage | null {
    if (type === messageTypes.compress) {
      this.#step = (self) => self.#readCompressed();
      return this.#readCompressed();
    }
    const step = this.#stepOf(type);
    this.#step = step;
    return step(this);
  }

  #readCompressed(): StreamMessage | null {
    const packed = this.#value(Compress);
    if (packed === null) return null;
    this.#replaceSource(decompressBuffer(packed));
    const type = this.#source.byte();
    if (type === needMore) throw new WireError('unexpected EOF');
    const step = this.#stepOf(type);
    this.#step = step;
    return step(this);
  }

  #stepOf(type: number): Step {
    switch (type) {
      case messageTypes.ping:
        return (self) => self.#map(Ping, (body) => ({ type: 'ping', body }));
      case messageTypes.ack:
        return (self) => self.#map(Ack, (body) => ({ type: 'ack', body }));
      case messageTypes.err:
        return (self) => self.#map(Err, (body) => ({ type: 'err', text: body.Error }));
      case messageTypes.user:
        return (self) => self.#readUser();
      case messageTypes.pushPull:
        return (self) => self.#readPushPull();
      default:
        throw new WireError(`Received invalid msgType (${type})`);
    }
  }

  #readUser(): StreamMessage | null {
    if (this.#userLength < 0) {
      const header = this.#value(UserMessageHeader);
      if (header === null) return null;
      if (header.UserMsgLen < 0 || header.UserMsgLen > userStateLimitBytes)
        throw new WireError('bad user message length');
      this.#userLength = header.UserMsgLen;
    }
    const payload = this.#bytes(this.#userLength);
    return payload === null ? null : { type: 'user', payload };
  }

  #readPushPull(): StreamMessage | null {
    if (this.#pushPull === null) {
      const header = this.#value(PushPullHeader);
      if (header === null) return null;
      const sane =
        header.Nodes >= 0 &&
        header.Nodes <= nodesLimit &&
        header.UserStateLen >= 0 &&
        header.UserStateLen <= userStateLimitBytes;
      if (!sane) throw new WireError('bad push/pull header');
      this.#pushPull = { header, nodes: [] };
    }
    const { header, nodes } = this.#pushPull;
    while (nodes.length < header.Nodes) {
      const node = this.#value(PushNodeState);
      if (node === null) return null;
      nodes.push(node);
    }
    const userState = this.#bytes(header.UserStateLen);
    return userState === null ? null : { type: 'pushPull', join: header.Join, nodes, userState };
  }

  #map<T>(schema: Schema<T>, make: (value: T) => StreamMessage): StreamMessage | null {
    const value = this.#value(schema);
    return value === null ? null : make(value);
  }

  #value<T>(schema: Schema<T>): T | null {
    const value = this.#source.next(schema);
    if (value !== needMore) return value;
    if (this.#whole) throw new WireError('unexpected EOF');
    return null;
  }

  #bytes(length: number): Uint8Array | null {
    if (length === 0) return new Uint8Array(0);
    const bytes = this.#source.take(length);
    if (bytes !== needMore) return bytes;
    if (this.#whole) throw new WireError('unexpected EOF');
    return null;
  }

  #replaceSource(content: Uint8Array): void {
    this.#source = new Decoder({ maxValueBytes: userStateLimitBytes });
    this.#source.push(content);
    this.#whole = true;
  }
}
