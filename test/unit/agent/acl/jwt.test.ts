import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { interpolate, isSelected } from '../../../../src/agent/acl/binding.ts';
import { Identifier } from '../../../../src/agent/acl/identify.ts';
import { JwtError, publicKeyOf, readJwt, validateClaims, verifySignature } from '../../../../src/agent/acl/jwt.ts';
import { ACLAuthMethod } from '../../../../src/structs/acl.ts';
import { make } from '../../../../src/structs/make.ts';

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = ec.publicKey.export({ type: 'spki', format: 'pem' }).toString();

function tokenOf(claims: object, key: KeyObject = ec.privateKey, alg = 'ES256'): string {
  const signed = `${base64({ alg })}.${base64(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

const rules = { issuer: 'i', audiences: ['a'], expirationLeewayS: 150, notBeforeLeewayS: 150, clockSkewLeewayS: 60 };
const nowS = 1_700_000_000;

describe('the signature of a token', () => {
  it('is taken from one of the known keys only', () => {
    const jwt = readJwt(tokenOf({ sub: 'x' }));
    expect(() => verifySignature(jwt, [other.publicKey, ec.publicKey], [])).not.toThrow();
    expect(() => verifySignature(jwt, [other.publicKey], [])).toThrow(JwtError);
    expect(() => verifySignature(jwt, [ec.publicKey], ['RS256'])).toThrow(JwtError);
  });

  it('is never a shared secret, nor none at all', () => {
    const signed = `${base64({ alg: 'HS256' })}.${base64({ sub: 'x' })}`;
    const mac = createHmac('sha256', pem).update(signed).digest('base64url');
    for (const text of [`${signed}.${mac}`, `${base64({ alg: 'none' })}.${base64({})}.`]) {
      expect(() => verifySignature(readJwt(text), [publicKeyOf(pem)], [])).toThrow(JwtError);
    }
  });

  it('covers every character of what it signs', () => {
    const [head, , signature] = tokenOf({ sub: 'x' }).split('.');
    const forged = readJwt(`${head}.${base64({ sub: 'y' })}.${signature}`);
    expect(() => verifySignature(forged, [ec.publicKey], [])).toThrow(JwtError);
  });
});

describe('claims', () => {
  const good = { iss: 'i', aud: ['a', 'b'], iat: nowS, nbf: nowS, exp: nowS + 600 };

  it('hold for the issuer, the audience and the time they name', () => {
    expect(() => validateClaims(good, rules, nowS)).not.toThrow();
  });

  it.each([
    [
      { ...good, iss: 'j' },
      'error validating claims: square/go-jose/jwt: validation failed, invalid issuer claim (iss)',
    ],
    [{ ...good, aud: 'c' }, 'error validating claims: aud claim does not match any bound audience'],
    [
      { ...good, exp: nowS - 61 },
      'error validating claims: square/go-jose/jwt: validation failed, token is expired (exp)',
    ],
    [
      { ...good, nbf: nowS + 61 },
      'error validating claims: square/go-jose/jwt: validation failed, token not valid yet (nbf)',
    ],
    [{ iss: 'i', aud: 'a' }, 'error validating claims: no issue time, notBefore, or expiration time encoded in token'],
  ])('are refused otherwise: %j', (claims, message) => {
    expect(messageOf(() => validateClaims(claims, rules, nowS))).toBe(message);
  });
});

describe('somebody who logs in', () => {
  const clock = { nowMs: () => 0, wallMs: () => nowS * 1000, after: () => ({ cancel() {} }) };
  const identifier = new Identifier(clock, () => Promise.reject(new Error('nobody is asked')));
  const method = make(ACLAuthMethod, {
    Name: 'j',
    Type: 'jwt',
    Config: {
      JWTValidationPubKeys: [pem],
      ClaimMappings: { team: 'team', '/nested/role': 'role' },
      ListClaimMappings: { groups: 'groups' },
    },
  });

  it('is who the mapped claims say', async () => {
    const claims = {
      iat: nowS,
      exp: nowS + 600,
      team: 'core',
      nested: { role: 'lead' },
      groups: ['dev'],
      __proto__: { x: 1 },
    };
    expect(await identifier.identify(method, tokenOf(claims))).toEqual({
      selectable: { value: { team: 'core', role: 'lead' }, list: { groups: ['dev'] } },
      variables: { 'value.team': 'core', 'value.role': 'lead' },
    });
  });

  it('fails in the ways of tokens only, whatever is sent', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.tuple(fc.string(), fc.string()).map(([a, b]) => `${a}.${b}.x`),
        ),
        async (text) => {
          await expect(identifier.identify(method, text)).rejects.toThrow(JwtError);
        },
      ),
    );
  });

  it('is bound by the rules that select them', () => {
    const identity = { value: { team: 'core' }, list: { groups: ['dev', 'ops'] } };
    expect(isSelected('', 'jwt', identity)).toBe(true);
    expect(isSelected('value.team == core and ops in list.groups', 'jwt', identity)).toBe(true);
    expect(isSelected('value.nobody == x', 'jwt', identity)).toBe(false);
    const serviceaccount = { namespace: 'default', name: 'web', uid: 'u' };
    expect(isSelected('serviceaccount.name == web', 'kubernetes', { serviceaccount })).toBe(true);
    expect(isSelected('serviceaccount.namespace != default', 'kubernetes', { serviceaccount })).toBe(false);
    expect(interpolate(`svc-\${value.team}-x`, () => 'core')).toBe('svc-core-x');
    expect(messageOf(() => interpolate(`x-\${value.bogus}`, () => undefined))).toBe(
      '1:5: unknown variable accessed: value.bogus',
    );
  });
});
