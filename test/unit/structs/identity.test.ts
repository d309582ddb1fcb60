import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authorityName,
  commonName,
  formatIdentity,
  type Identity,
  parseIdentity,
} from '../../../src/structs/identity.ts';

const trustDomain = '87906318-9a58-13dc-0928-d0a1e78a9ea9.consul';
const web = { kind: 'service', trustDomain, namespace: 'default', datacenter: 'dc1', service: 'web' } as const;

describe('an identity', () => {
  it('is written as Consul writes it', () => {
    expect(formatIdentity(web)).toBe(`spiffe://${trustDomain}/ns/default/dc/dc1/svc/web`);
    const agent = { kind: 'agent', trustDomain, datacenter: 'dc1', node: 'n1' } as const;
    expect(formatIdentity(agent)).toBe(`spiffe://${trustDomain}/agent/client/dc/dc1/id/n1`);
    expect(formatIdentity({ kind: 'authority', trustDomain })).toBe(`spiffe://${trustDomain}`);
  });

  it('is read back from what was written, whatever the names', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text !== '.' && text !== '..');
    const identity: fc.Arbitrary<Identity> = fc.oneof(
      fc.record({
        kind: fc.constant('service' as const),
        trustDomain: fc.constant(trustDomain),
        namespace: name,
        datacenter: name,
        service: name,
      }),
      fc.record({
        kind: fc.constant('agent' as const),
        trustDomain: fc.constant(trustDomain),
        datacenter: name,
        node: name,
      }),
    );
    fc.assert(
      fc.property(identity, (one) => {
        expect(parseIdentity(formatIdentity(one))).toEqual(one);
      }),
    );
  });

  it('is not found in anything else', () => {
    for (const uri of ['', 'web', 'http://x/ns/a/dc/b/svc/c', `spiffe://${trustDomain}/ns/a/dc/b/svc/`]) {
      expect(parseIdentity(uri)).toBeNull();
    }
    expect(parseIdentity(`spiffe://${trustDomain}/ns/a/dc/b/svc/%`)).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => void parseIdentity(`spiffe://${text}`)));
  });

  it('has a name for people that fits into a certificate', () => {
    expect(commonName(web)).toBe('web.svc.default.87906318.consul');
    expect(commonName({ ...web, service: 'Web X_1' })).toBe('webx1.svc.default.87906318.consul');
    const long = commonName({ ...web, service: 'a'.repeat(200) });
    expect(long).toHaveLength(64);
    expect(long.endsWith('a.svc.default.87906318.consul')).toBe(true);
    expect(authorityName('pri', '4zmkkrf', trustDomain)).toBe('pri-4zmkkrf.consul.ca.87906318.consul');
  });
});
