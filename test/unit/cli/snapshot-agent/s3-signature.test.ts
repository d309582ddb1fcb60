import { describe, expect, it } from 'vitest';
import { emptySha256, encodeStrictly, queryText, sign } from '../../../../src/cli/snapshot-agent/s3-signature.ts';

/** The examples of Amazon's documentation of Signature Version 4 for S3. */
const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: '',
};
const host = 'examplebucket.s3.amazonaws.com';
const nowMs = Date.UTC(2013, 4, 24);

describe('the signature of', () => {
  it.each([
    [
      'a read',
      { method: 'GET', path: '/test.txt', query: {}, headers: { range: 'bytes=0-9' }, sha256: emptySha256 },
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'a write',
      {
        method: 'PUT',
        path: '/test%24file.text',
        query: {},
        headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
        sha256: '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      },
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'a question without a value',
      { method: 'GET', path: '/', query: { lifecycle: '' }, headers: {}, sha256: emptySha256 },
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'a listing',
      { method: 'GET', path: '/', query: { prefix: 'J', 'max-keys': '2' }, headers: {}, sha256: emptySha256 },
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ])('%s is the documented one', (_, request, signature) => {
    const { authorization } = sign({ ...request, host }, credentials, 'us-east-1', nowMs);
    expect(authorization).toContain(`Signature=${signature}`);
    expect(authorization).toContain('Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,');
  });

  it('temporary credentials covers their token', () => {
    const request = { method: 'GET', host, path: '/', query: {}, headers: {}, sha256: emptySha256 };
    const headers = sign(request, { ...credentials, sessionToken: 'abc' }, 'us-east-1', nowMs);
    expect(headers['x-amz-security-token']).toBe('abc');
    expect(headers['authorization']).toContain('x-amz-security-token');
  });
});

it('what is not unreserved is encoded', () => {
  expect(encodeStrictly("a-_.~!'()* /ä")).toBe('a-_.~%21%27%28%29%2A%20%2F%C3%A4');
  expect(queryText({ b: '1 2', 'a&': '=' })).toBe('a%26=%3D&b=1%202');
});
