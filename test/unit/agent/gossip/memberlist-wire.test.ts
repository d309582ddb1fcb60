import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Keyring } from '../../../../src/agent/gossip/memberlist/keyring.ts';
import type { Message } from '../../../../src/agent/gossip/memberlist/messages.ts';
import { decrypt, encrypt } from '../../../../src/agent/gossip/memberlist/security.ts';
import {
  decodePacket,
  encodeAck,
  encodeAlive,
  encodeDead,
  encodeIndirectPing,
  encodeNack,
  encodePacket,
  encodePing,
  encodeSuspect,
} from '../../../../src/agent/gossip/memberlist/wire.ts';

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

function read(packet: Uint8Array): { messages: Message[]; drops: string[] } {
  const messages: Message[] = [];
  const drops: string[] = [];
  decodePacket(
    packet,
    (m) => messages.push(m),
    (reason) => drops.push(reason),
  );
  return { messages, drops };
}

const encoders: Record<string, (body: never) => Uint8Array> = {
  ping: encodePing,
  indirectPing: encodeIndirectPing,
  ack: encodeAck,
  nack: encodeNack,
  suspect: encodeSuspect,
  alive: encodeAlive,
  dead: encodeDead,
};

describe('packets of memberlist', () => {
  const plain = ['ping', 'ping-minimal', 'ping-ipv6-source', 'indirect-ping', 'ack-nil-payload', 'ack-serf-coordinate'];
  const claims = ['suspect', 'alive', 'alive-ipv6-nil-meta', 'dead', 'dead-leave', 'nack'];

  it.each([...plain, ...claims])('reads and writes %s as recorded', (name) => {
    const { hex, decoded } = vector(name);
    const { messages, drops } = read(bytesOf(hex));
    expect(drops).toEqual([]);
    const [message] = messages;
    if (message === undefined || message.type === 'user') throw new Error('no message');
    for (const [field, value] of Object.entries(decoded.body)) {
      const got = (message.body as Record<string, unknown>)[field];
      const wanted = value as { $hex?: string } | null;
      expect(got instanceof Uint8Array ? hexOf(got) : got).toEqual(
        wanted !== null && typeof wanted === 'object' ? wanted.$hex : wanted,
      );
    }
    expect(hexOf(encoders[message.type]?.(message.body as never) ?? new Uint8Array(0))).toBe(hex);
  });

  it('hands user payloads on as they are', () => {
    const { hex, decoded } = vector('user-message-packet');
    const [message] = read(bytesOf(hex)).messages;
    expect(message?.type === 'user' && hexOf(message.payload)).toBe(decoded.payload.$hex);
  });

  it('takes compounds apart and keeps what came before a cut', () => {
    expect(read(bytesOf(vector('compound').hex)).messages).toHaveLength(vector('compound').decoded.parts.length);
    const cut = read(bytesOf(vector('compound-truncated').hex));
    expect(cut.messages).toHaveLength(2);
    expect(cut.drops).toHaveLength(1);
    expect(read(bytesOf(vector('compound-bad-length-table').hex)).drops).toEqual(['truncated len slice']);
    expect(read(bytesOf(vector('compound-empty').hex)).drops).toEqual(['missing compound length byte']);
  });

  it('writes the recorded compound', () => {
    const parts = vector('compound').decoded.parts.map((p: { $hex: string }) => bytesOf(p.$hex));
    expect(hexOf(encodePacket(parts, { compress: false, crc: false }))).toBe(vector('compound').hex);
  });

  it.each(['compress-unknown-algo', 'compress-truncated-lzw'])('drops %s with the recorded reason', (name) => {
    expect(read(bytesOf(vector(name).hex)).drops).toEqual([vector(name).decoded.$error]);
  });

  it('checks and writes checksums', () => {
    const { hex, decoded } = vector('crc');
    expect(read(bytesOf(hex)).messages).toHaveLength(1);
    expect(hexOf(encodePacket([bytesOf(decoded.inner.$hex)], { compress: false, crc: true }))).toBe(hex);
    expect(read(bytesOf(vector('crc-bad').hex)).drops[0]).toContain('invalid checksum');
  });

  it.each(['packet-unknown-type', 'packet-pushpull-not-allowed', 'packet-truncated-alive'])('drops %s', (name) => {
    const { messages, drops } = read(bytesOf(vector(name).hex));
    expect([messages.length, drops.length]).toEqual([0, 1]);
  });

  it('survives garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        read(bytes);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('encryption', () => {
  const recorded = vectors.filter((v) => v.name.startsWith('encrypt-') && v.decoded.nonce !== undefined);

  it.each(recorded.map((v) => [v.name, v] as const))('writes and reads %s', (_, { hex, decoded }) => {
    const key = bytesOf(decoded.key.$hex);
    const plain = bytesOf(decoded.plaintext.$hex);
    const version = decoded.version ?? (hex.startsWith('00') ? 0 : 1);
    expect(hexOf(encrypt(key, plain, { version, nonce: bytesOf(decoded.nonce.$hex) }))).toBe(hex);
    expect(hexOf(decrypt(new Keyring([key]), bytesOf(hex)))).toBe(decoded.plaintext.$hex);
  });

  it.each(['encrypt-wrong-key', 'encrypt-bad-version', 'encrypt-too-short', 'encrypt-bad-tag'])(
    'refuses %s',
    (name) => {
      const { hex, decoded } = vector(name);
      const ring = new Keyring(
        (decoded.keyring ?? [{ $hex: '00'.repeat(16) }]).map((k: { $hex: string }) => bytesOf(k.$hex)),
      );
      expect(() => decrypt(ring, bytesOf(hex))).toThrow(decoded.$error);
    },
  );

  it('tries every key of the ring', () => {
    const { hex, decoded } = vector('encrypt-second-key-in-ring');
    const ring = new Keyring(decoded.keyring.map((k: { $hex: string }) => bytesOf(k.$hex)));
    expect(hexOf(decrypt(ring, bytesOf(hex)))).toBe(decoded.plaintext.$hex);
  });
});

describe('the keyring', () => {
  const key = (fill: number): Uint8Array => new Uint8Array(16).fill(fill);

  it('keeps its rules', () => {
    const ring = new Keyring([key(1)]);
    ring.add(key(2));
    ring.add(key(2));
    expect(ring.keys).toHaveLength(2);
    expect(() => ring.add(new Uint8Array(5))).toThrow('key size must be 16, 24 or 32 bytes');
    expect(() => ring.remove(key(1))).toThrow('Removing the primary key is not allowed');
    expect(() => ring.use(key(9))).toThrow('Requested key is not in the keyring');
    ring.use(key(2));
    expect(ring.primary).toEqual(key(2));
    ring.remove(key(1));
    ring.remove(key(7));
    expect(ring.keys).toHaveLength(1);
  });
});
