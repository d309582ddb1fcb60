import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { JsonReply } from '../../../../src/agent/acl/json-client.ts';
import { KeySets, type KeySource } from '../../../../src/agent/acl/key-sets.ts';

const pair = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const jwk = (key: KeyObject, kid?: string, more: object = {}): object => ({
  ...key.export({ format: 'jwk' }),
  ...(kid === undefined ? {} : { kid }),
  ...more,
});

function world() {
  const at = { nowMs: 0, asked: [] as string[], answers: {} as Record<string, unknown>, status: 200 };
  const maxAge: { ms: number | undefined } = { ms: undefined };
  const clock = { nowMs: () => at.nowMs, wallMs: () => at.nowMs, after: () => ({ cancel() {} }) };
  const sets = new KeySets(clock, async ({ url }): Promise<JsonReply> => {
    at.asked.push(url);
    return { status: url in at.answers ? at.status : 404, maxAgeMs: maxAge.ms, json: at.answers[url] };
  });
  return { at, sets, maxAge };
}

const jwks: KeySource = { kind: 'jwks', url: 'https://i/keys', ca: '' };
const oidc: KeySource = { kind: 'oidc', url: 'https://i', ca: '' };

describe('published keys', () => {
  it('are asked for once while they are fresh, and by name', async () => {
    const { at, sets } = world();
    const [a, b, unnamed] = [pair(), pair(), pair()];
    at.answers['https://i/keys'] = { keys: [jwk(a, 'a'), jwk(b, 'b'), jwk(unnamed)] };
    const both = await Promise.all([sets.keysFor(jwks, 'a'), sets.keysFor(jwks, 'b')]);
    expect(both.map((keys) => keys.map((key) => key.equals(a) || key.equals(b)))).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(await sets.keysFor(jwks, '')).toHaveLength(3);
    expect(at.asked).toHaveLength(1);
    at.nowMs = 5 * 60_000;
    await sets.keysFor(jwks, 'a');
    expect(at.asked).toHaveLength(2);
  });

  it('are asked for again when a key is not among them, but not all the time', async () => {
    const { at, sets } = world();
    at.answers['https://i/keys'] = { keys: [jwk(pair(), 'old')] };
    expect(await sets.keysFor(jwks, 'new')).toEqual([]);
    expect(await sets.keysFor(jwks, 'new')).toEqual([]);
    expect(at.asked).toHaveLength(1);
    at.answers['https://i/keys'] = { keys: [jwk(pair(), 'new')] };
    at.nowMs = 5_001;
    expect(await sets.keysFor(jwks, 'new')).toHaveLength(1);
    expect(at.asked).toHaveLength(2);
  });

  it('stay as long as the answer allows', async () => {
    const { at, sets, maxAge } = world();
    at.answers['https://i/keys'] = { keys: [jwk(pair(), 'a')] };
    maxAge.ms = 3600_000;
    await sets.keysFor(jwks, 'a');
    at.nowMs = 3599_000;
    await sets.keysFor(jwks, 'a');
    expect(at.asked).toHaveLength(1);
  });

  it('are found by way of the issuer, who has to be who it says', async () => {
    const { at, sets } = world();
    const found = 'https://i/.well-known/openid-configuration';
    at.answers[found] = { issuer: 'https://i', jwks_uri: 'https://i/k' };
    at.answers['https://i/k'] = { keys: [jwk(pair(), 'a')] };
    expect(await sets.keysFor(oidc, 'a')).toHaveLength(1);
    expect(at.asked).toEqual([found, 'https://i/k']);
    at.answers[found] = { issuer: 'https://other', jwks_uri: 'https://i/k' };
    await expect(sets.check(oidc)).rejects.toThrow(
      'error checking OIDCDiscoveryURL: oidc: issuer did not match the issuer returned by provider, expected "https://i" got "https://other"',
    );
  });

  it('that cannot be had are asked for anew the next time', async () => {
    const { at, sets } = world();
    await expect(sets.keysFor(jwks, 'a')).rejects.toThrow(
      'error checking JWKSURL: https://i/keys: unexpected status 404',
    );
    at.answers['https://i/keys'] = { keys: [jwk(pair(), 'a')] };
    expect(await sets.keysFor(jwks, 'a')).toHaveLength(1);
  });

  it('are those for signatures, of kinds that are known', async () => {
    const { at, sets } = world();
    const odd = [{ kty: 'odd', kid: 'x' }, null, 7, jwk(pair(), 'x', { use: 'enc' }), jwk(pair(), 'x', { use: 'sig' })];
    at.answers['https://i/keys'] = { keys: odd };
    expect(await sets.keysFor(jwks, 'x')).toHaveLength(1);
    at.answers['https://i/keys'] = 'none';
    await expect(sets.check(jwks)).rejects.toThrow('there is no key set');
  });
});
