import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scrubJson, scrubText } from '../../../../src/cli/debug/scrub.ts';

const secret = '8f2c9d7e-3b1a-4c55-9e0f-6a7b8c9d0e1f';

describe('scrubbing', () => {
  it('hides text values under secret names at any depth, and leaves the rest', () => {
    expect(
      scrubJson({ a: [{ SecretID: secret, AccessorID: 'a' }], Token: secret, token: '', EncryptKey: 'k' }),
    ).toEqual({
      a: [{ SecretID: 'hidden', AccessorID: 'a' }],
      Token: 'hidden',
      token: '',
      EncryptKey: 'hidden',
    });
    expect(scrubJson({ Token: 7, Members: null, EncryptVerifyIncoming: true })).toEqual({
      Token: 7,
      Members: null,
      EncryptVerifyIncoming: true,
    });
  });

  it.each([
    [`url=/v1/kv/a?token=${secret}&dc=x`, 'url=/v1/kv/a?token=hidden&dc=x'],
    [`Authorization: Bearer ${secret}`, 'Authorization: Bearer hidden'],
    [`{"SecretID":"${secret}","Name":"n"}`, '{"SecretID":"hidden","Name":"n"}'],
    ['encrypt = "cg8StVXbQJ0gPvMd9o7yrg=="', 'encrypt = "hidden"'],
    [`url=/v1/acl/info/${secret} from=x`, 'url=/v1/acl/info/hidden from=x'],
    ['token bucket is full', 'token bucket is full'],
  ])('%s', (line, scrubbed) => expect(scrubText(line, [])).toBe(scrubbed));

  it('leaves no known secret anywhere', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        expect(scrubText(before + secret + after, [secret])).not.toContain(secret);
      }),
    );
  });
});
