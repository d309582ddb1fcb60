import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Keyring } from '../../../../src/agent/gossip/memberlist/keyring.ts';
import {
  encodeStream,
  StreamDecoder,
  type StreamMessage,
  type StreamSecurity,
} from '../../../../src/agent/gossip/memberlist/stream.ts';
import { WireError } from '../../../../src/agent/gossip/memberlist/wire.ts';

interface Vector {
  readonly name: string;
  readonly hex: string;
  // biome-ignore lint/suspicious/noExplicitAny: recorded data of many shapes
  readonly decoded: any;
}
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../data/vectors/memberlist.json'), 'utf8'),
) as Vector[];
const vector = (name: string): Vector => vectors.find((v) => v.name === name) as Vector;
const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const secured = (key: string): StreamSecurity => ({
  ring: new Keyring([bytesOf(key)]),
  verifyIncoming: true,
  verifyOutgoing: true,
});

/** Feeds the bytes in cuts of `cut`. */
function read(bytes: Uint8Array, security: StreamSecurity | null, cut = bytes.length): StreamMessage | null {
  const decoder = new StreamDecoder(security);
  let message: StreamMessage | null = null;
  for (let at = 0; at < bytes.length && message === null; at += cut) message = decoder.push(bytes.slice(at, at + cut));
  return message;
}

describe('streams of memberlist', () => {
  it.each([1, 7, 10_000])('reads the recorded state exchange in cuts of %i bytes', (cut) => {
    const plain = vector('stream-pushpull-plain');
    for (const name of ['stream-pushpull-plain', 'stream-pushpull-compressed']) {
      const message = read(bytesOf(vector(name).hex), null, cut);
      if (message?.type !== 'pushPull') throw new Error('not a state exchange');
      expect(message.nodes.map((n) => n.Name)).toEqual(plain.decoded.nodes.map((n: { Name: string }) => n.Name));
      expect([message.join, message.userState.length]).toEqual([
        plain.decoded.header.Join,
        plain.decoded.header.UserStateLen,
      ]);
    }
  });

  it('writes the recorded bytes', () => {
    const plain = vector('stream-pushpull-plain').hex;
    const message = read(bytesOf(plain), null) as StreamMessage;
    expect(hexOf(encodeStream(message, { compress: false, security: null }))).toBe(plain);
    expect(hexOf(encodeStream(message, { compress: true, security: null }))).toBe(
      vector('stream-pushpull-compressed').hex,
    );
  });

  it.each(['stream-pushpull-encrypted-v1', 'stream-pushpull-encrypted-v0'])('reads %s', (name) => {
    const { hex, decoded } = vector(name);
    expect(read(bytesOf(hex), secured(decoded.key.$hex), 50)?.type).toBe('pushPull');
  });

  it('reads user messages, pings and errors', () => {
    expect(read(bytesOf(vector('stream-user-message').hex), null)).toMatchObject({ type: 'user' });
    expect(read(bytesOf(vector('stream-ping').hex), null)).toMatchObject({ type: 'ping', body: { Node: 'node-b' } });
    expect(read(bytesOf(vector('err').hex), null)).toMatchObject({ type: 'err' });
  });

  it('refuses what does not fit its security', () => {
    const key = '00'.repeat(16);
    const { hex } = vector('stream-pushpull-encrypted-v1');
    expect(() => read(bytesOf(hex), null)).toThrow('Remote state is encrypted and encryption is not configured');
    expect(() => read(bytesOf(vector('stream-pushpull-plain').hex), secured(key))).toThrow(
      'Encryption is configured but remote state is not encrypted',
    );
    expect(() => read(bytesOf(vector('stream-encrypted-too-large').hex), secured(key))).toThrow(
      vector('stream-encrypted-too-large').decoded.$error,
    );
  });

  it('reads what it wrote, encrypted and in any cut', () => {
    const key = '0a'.repeat(32);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.integer({ min: 1, max: 500 }), (payload, cut) => {
        const bytes = encodeStream({ type: 'user', payload }, { compress: true, security: secured(key) });
        const message = read(bytes, secured(key), cut);
        expect(message?.type === 'user' && hexOf(message.payload)).toBe(hexOf(payload));
      }),
    );
  });

  it('throws only its own error for garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.boolean(), (bytes, encrypted) => {
        try {
          read(bytes, encrypted ? secured('0a'.repeat(16)) : null, 13);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
