import { describe, expect, it } from 'vitest';
import type { MethodName } from '../../../../src/agent/rpc/signatures.ts';
import { type Home, homeOf } from '../../../../src/agent/server/home.ts';
import { setTokens } from '../../../../src/agent/state/acl.ts';
import { Store } from '../../../../src/agent/state/store.ts';
import { ACLToken } from '../../../../src/structs/acl.ts';
import { make } from '../../../../src/structs/make.ts';

const local = 'aaaaaaaa-0000-4000-8000-000000000001';
const global = 'aaaaaaaa-0000-4000-8000-000000000002';

function home(keepsTokens: boolean, datacenter = 'two'): Home {
  const store = new Store(() => 0);
  const rows = [
    make(ACLToken, { AccessorID: local, SecretID: 's1', Local: true }),
    make(ACLToken, { AccessorID: global, SecretID: 's2' }),
  ];
  const batch = { CAS: false, AllowMissingLinks: true, ProhibitUnprivileged: false, FromReplication: false };
  store.write(1, (tx) => setTokens(tx, { Tokens: rows, ...batch }));
  return { datacenter, primary: 'one', keepsTokens: () => keepsTokens, state: () => store.state };
}

const of = (where: Home, name: MethodName, args: object = {}): string => homeOf(where, name, args);

describe('where a call belongs', () => {
  it.each<[MethodName, object, string]>([
    ['KVS.Get', {}, 'two'],
    ['KVS.Get', { Datacenter: 'three' }, 'three'],
    ['ACL.PolicySet', {}, 'one'],
    ['ACL.RoleDelete', { Datacenter: 'two' }, 'one'],
    ['ACL.PolicyRead', {}, 'two'],
    ['ACL.TokenRead', {}, 'two'],
    ['ACL.TokenSet', { ACLToken: { Local: false } }, 'one'],
    ['ACL.TokenSet', { ACLToken: { Local: true } }, 'two'],
    ['ACL.TokenDelete', { TokenID: local }, 'two'],
    ['ACL.TokenDelete', { TokenID: global }, 'one'],
    ['ACL.TokenDelete', { TokenID: 'unknown' }, 'one'],
    ['ACL.TokenClone', { ACLToken: { AccessorID: local } }, 'two'],
    ['ACL.Apply', {}, 'one'],
    ['ACL.Login', {}, 'two'],
    ['ConfigEntry.Apply', {}, 'one'],
    ['Intention.Apply', {}, 'one'],
    ['FederationState.Apply', {}, 'one'],
  ])('%s %j in a secondary that keeps tokens: %s', (name, args, datacenter) => {
    expect(of(home(true), name, args)).toBe(datacenter);
  });

  it('is the primary for tokens, where they are not kept', () => {
    const secondary = home(false);
    expect(of(secondary, 'ACL.TokenRead')).toBe('one');
    expect(of(secondary, 'ACL.TokenDelete', { TokenID: local })).toBe('one');
    expect(of(secondary, 'ACL.PolicyRead')).toBe('two');
    expect(() => of(secondary, 'ACL.TokenSet', { ACLToken: { Local: true } })).toThrow('Local tokens are disabled');
    expect(() => of(secondary, 'ACL.Login')).toThrow('Token replication is required for auth methods to function');
    expect(() => of(secondary, 'ACL.BootstrapTokens')).toThrow('ACL support disabled');
  });

  it('is here in the primary itself', () => {
    for (const name of ['ACL.TokenSet', 'ACL.PolicySet', 'ACL.Apply', 'ConfigEntry.Apply'] as const) {
      expect(of(home(true, 'one'), name)).toBe('one');
    }
  });
});
