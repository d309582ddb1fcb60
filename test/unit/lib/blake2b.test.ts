import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blake2b } from '../../../src/lib/blake2b.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('blake2b', () => {
  it('agrees with OpenSSL at 512 bits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), (input) => {
        expect(hex(blake2b(input, 64))).toBe(createHash('blake2b512').update(input).digest('hex'));
      }),
    );
  });

  it('gives the known digest of a policy at 256 bits', () => {
    const content = [
      'client-read-policy',
      'Grants read access to all node information',
      'node_prefix "" { policy = "read"}',
      'dc1',
    ];
    const digest = blake2b(new TextEncoder().encode(content.join('')), 32);
    expect(Buffer.from(digest).toString('base64')).toBe('0lcW+0xrcZ6OxTwb3ND+7oA+FF8XhXj60J8KGFpEZI0=');
  });
});
