import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCaConfig } from '../../../../src/agent/connect/ca-config.ts';
import type { Args, MethodName, Reply } from '../../../../src/agent/rpc/signatures.ts';
import { providerId } from '../../../../src/agent/server/ca/provider.ts';
import { certificatesOf, createCsr, generateKey, keySize, privateKeyPem } from '../../../../src/lib/x509/index.ts';
import { ACLPolicy, ACLToken } from '../../../../src/structs/acl.ts';
import { CAConfiguration } from '../../../../src/structs/connect.ts';
import { formatIdentity, type Identity } from '../../../../src/structs/identity.ts';
import { make } from '../../../../src/structs/make.ts';
import { Dice } from '../../../fuzz/dice.ts';
import { devConfig, EagerClock, instantServer } from '../../../fuzz/instant-server.ts';

type Settings = Partial<ReturnType<typeof devConfig>>;

async function start(settings: Settings = {}) {
  const clock = new EagerClock();
  const server = await instantServer({ ...devConfig(), ...settings }, clock, new Dice(1));
  const call = async <M extends MethodName>(method: M, args: Partial<Args<M>> = {}): Promise<Reply<M>> =>
    (await server.call(method, args)).reply;
  for (let i = 0; i < 40; i++) await new Promise((resolve) => setImmediate(resolve));
  const roots = () => call('ConnectCA.Roots');
  const configure = (Config: Record<string, unknown>, more: Partial<CAConfiguration> = {}) =>
    call('ConnectCA.ConfigurationSet', { Config: make(CAConfiguration, { Provider: 'consul', Config, ...more }) });
  return { server, clock, call, roots, configure };
}

const key = await generateKey();
const requestFor = (identity: Identity): string =>
  createCsr({ subject: {}, altNames: { uris: [formatIdentity(identity)] }, key });
const service = (trustDomain: string, name = 'web', datacenter = 'dc1'): Identity => ({
  kind: 'service',
  trustDomain,
  namespace: 'default',
  datacenter,
  service: name,
});

/** Whether every certificate of a chain was issued by the next one. */
function isChain(...pems: readonly string[]): boolean {
  const all = pems.map((pem) => new X509Certificate(pem));
  return all.every(
    (one, i) => i === all.length - 1 || (one.checkIssued(all[i + 1]!) && one.verify(all[i + 1]!.publicKey)),
  );
}

describe('the certificate authority', () => {
  it('is there with the first leader', async () => {
    const { server, call, roots } = await start();
    const { ActiveRootID, TrustDomain, Roots } = await roots();
    expect(TrustDomain).toMatch(/^[0-9a-f-]{36}\.consul$/);
    expect(Roots).toHaveLength(1);
    expect(Roots![0]).toMatchObject({
      ID: ActiveRootID,
      Name: 'Consul CA Root Cert',
      ExternalTrustDomain: TrustDomain.slice(0, 36),
      Active: true,
      PrivateKeyType: 'ec',
      PrivateKeyBits: 256,
      SigningKey: '',
    });
    const root = new X509Certificate(Roots![0]!.RootCert);
    expect(root.ca).toBe(true);
    expect(root.subjectAltName).toBe(`URI:spiffe://${TrustDomain}`);
    expect(await call('ConnectCA.ConfigurationGet')).toMatchObject({
      Provider: 'consul',
      Config: { LeafCertTTL: '72h', IntermediateCertTTL: '8760h' },
    });
    await server.stop();
  });

  it('starts with the settings of the configuration', async () => {
    const connect = { enabled: true, caProvider: 'consul', caConfig: { leaf_cert_ttl: '2h', private_key_bits: 384 } };
    const { server, call, roots } = await start({ connect });
    expect((await roots()).Roots![0]).toMatchObject({ PrivateKeyBits: 384 });
    const { Config } = await call('ConnectCA.ConfigurationGet');
    expect(Config).toEqual({ LeafCertTTL: '2h', IntermediateCertTTL: '8760h', PrivateKeyBits: 384 });
    await server.stop();
  });

  it('signs for services and agents of its own, and nothing else', async () => {
    const connect = { enabled: true, caProvider: 'consul', caConfig: { csr_max_per_second: 0 } };
    const { server, clock, call, roots } = await start({ connect });
    const { TrustDomain, Roots } = await roots();
    const sign = (identity: Identity) => call('ConnectCA.Sign', { CSR: requestFor(identity) });
    const leaf = await sign(service(TrustDomain));
    expect(leaf).toMatchObject({ Service: 'web', ServiceURI: `spiffe://${TrustDomain}/ns/default/dc/dc1/svc/web` });
    expect(isChain(leaf.CertPEM, Roots![0]!.RootCert)).toBe(true);
    const lifetimeMs = Date.parse(leaf.ValidBefore) - Date.parse(leaf.ValidAfter);
    expect(lifetimeMs).toBe(72 * 3600_000);
    expect(Date.parse(leaf.ValidAfter)).toBeLessThanOrEqual(clock.wallMs());
    const again = await sign(service(TrustDomain));
    expect(again.SerialNumber).not.toBe(leaf.SerialNumber);
    expect(again.ModifyIndex).toBeGreaterThan(leaf.ModifyIndex);
    const agent = await sign({ kind: 'agent', trustDomain: TrustDomain, datacenter: 'dc1', node: 'n2' });
    expect(agent).toMatchObject({ Agent: 'n2', Service: '' });

    await expect(sign(service('other.consul'))).rejects.toThrow(
      `SPIFFE ID in CSR from a different trust domain: other.consul, we are ${TrustDomain}`,
    );
    await expect(sign(service(TrustDomain, 'web', 'dc2'))).rejects.toThrow(
      'SPIFFE ID in CSR from a different datacenter: dc2, we are dc1',
    );
    await expect(sign({ kind: 'authority', trustDomain: TrustDomain })).rejects.toThrow('must be a service or agent');
    await expect(call('ConnectCA.Sign', { CSR: 'garbage' })).rejects.toThrow('no PEM-encoded data found');
    await server.stop();
  });

  it('hands over to a new root that the old one vouches for', async () => {
    const { server, call, roots, configure } = await start();
    const before = await roots();
    const old = before.Roots![0]!;
    const rsa = await generateKey('rsa', 2048);
    await configure({ LeafCertTTL: '72h', PrivateKey: privateKeyPem(rsa) });
    const after = await roots();
    expect(after.ActiveRootID).not.toBe(before.ActiveRootID);
    expect(after.TrustDomain).toBe(before.TrustDomain);
    const active = after.Roots!.find(({ Active }) => Active)!;
    const former = after.Roots!.find(({ Active }) => !Active)!;
    expect(former.ID).toBe(old.ID);
    expect(Date.parse(former.RotatedOutAt)).toBeGreaterThan(0);
    expect(keySize(new X509Certificate(active.RootCert).publicKey)).toEqual({ type: 'rsa', bits: 2048 });

    const { CertPEM } = await call('ConnectCA.Sign', { CSR: requestFor(service(after.TrustDomain)) });
    const [leaf, bridge] = certificatesOf(CertPEM) as [string, string];
    expect(isChain(leaf, active.RootCert)).toBe(true);
    expect(isChain(leaf, bridge, old.RootCert)).toBe(true);
    await server.stop();
  });

  it('changes nothing when a change is refused', async () => {
    const { server, call, roots, configure } = await start();
    const before = { roots: await roots(), config: await call('ConnectCA.ConfigurationGet') };
    const { ModifyIndex } = before.config;
    await expect(configure({}, { Provider: 'bogus' })).rejects.toThrow('unknown CA provider "bogus"');
    await expect(configure({}, { Provider: 'vault' })).rejects.toThrow('must provide a Vault token');
    await expect(configure({ Token: 't' }, { Provider: 'vault' })).rejects.toThrow('not supported yet');
    await expect(configure({ PrivateKey: 'x' })).rejects.toThrow('error parsing private key "x": no PEM-encoded data');
    const other = privateKeyPem(await generateKey());
    const bare = other.replaceAll(/-----.*-----|\n/g, '');
    await expect(configure({ PrivateKey: bare })).rejects.toThrow(/error parsing private key$/);
    await expect(configure({ PrivateKey: other, RootCert: before.roots.Roots![0]!.RootCert })).rejects.toThrow(
      'the private key is not that of the certificate',
    );
    await expect(configure({ LeafCertTTL: '5h' }, { ModifyIndex: ModifyIndex + 1 })).rejects.toThrow('did not match');
    await expect(configure({}, { State: { a: 'b' } })).rejects.toThrow('Provider State is read-only');
    expect({ roots: await roots(), config: await call('ConnectCA.ConfigurationGet') }).toEqual(before);
    await server.stop();
  });

  it('says what lifetime the intermediate has before that can change', async () => {
    const { server, call, configure } = await start();
    await configure({ PrivateKeyBits: 384 });
    await expect(configure({ LeafCertTTL: '1s' })).rejects.toThrow();
    expect((await call('ConnectCA.ConfigurationGet')).Config).toEqual({
      PrivateKeyBits: 384,
      IntermediateCertTTL: '8760h0m0s',
    });
    await server.stop();
  });

  it('forgets a former root when nothing it signed can be valid any more', async () => {
    const { server, clock, roots, configure } = await start();
    await configure({ LeafCertTTL: '1h', PrivateKey: privateKeyPem(await generateKey()) });
    expect((await roots()).Roots).toHaveLength(2);
    const endMs = clock.nowMs() + 4 * 3600_000;
    while (clock.nowMs() < endMs && clock.step()) await new Promise((resolve) => setImmediate(resolve));
    expect((await roots()).Roots).toMatchObject([{ Active: true }]);
    await server.stop();
  });

  it('signs no faster than it may, and lets nobody wait for long', async () => {
    const { server, clock, call, roots, configure } = await start();
    await configure({ CSRMaxPerSecond: 4 });
    const CSR = requestFor(service((await roots()).TrustDomain));
    const startMs = clock.nowMs();
    const all = [1, 2, 3, 4].map(() => call('ConnectCA.Sign', { CSR }).then(() => clock.nowMs() - startMs));
    await expect(all[3]).rejects.toThrow('Rate limit reached');
    while (clock.nowMs() < startMs + 1000 && clock.step()) await new Promise((resolve) => setImmediate(resolve));
    expect(await Promise.all(all.slice(0, 3))).toEqual([0, expect.closeTo(250, 0), expect.closeTo(500, 0)]);
    await server.stop();
  });

  it('is asked by who may write the service, and shows its key to who may set it', async () => {
    const base = devConfig();
    const master = 'a3f4c0de-0000-4000-8000-00000000face';
    const acl = { ...base.acl, enabled: true, defaultPolicy: 'deny' as const };
    const { server, call, roots } = await start({ acl: { ...acl, tokens: { ...acl.tokens, master } } });
    const grant = async (SecretID: string, Rules: string) => {
      const Policy = make(ACLPolicy, { Name: SecretID.slice(-4), Rules });
      const { ID } = await call('ACL.PolicySet', { Policy, Token: master });
      const token = make(ACLToken, { SecretID, Policies: [{ ID, Name: '' }] });
      await call('ACL.TokenSet', { ACLToken: token, Create: true, Token: master });
      return SecretID;
    };
    const web = await grant('a3f4c0de-0000-4000-8000-000000000001', 'service "web" { policy = "write" }');
    const reader = await grant('a3f4c0de-0000-4000-8000-000000000002', 'operator = "read"');
    const { TrustDomain } = await roots();
    const sign = (name: string, Token: string) =>
      call('ConnectCA.Sign', { CSR: requestFor(service(TrustDomain, name)), Token });
    expect((await sign('web', web)).Service).toBe('web');
    await expect(sign('db', web)).rejects.toMatchObject({ message: 'Permission denied', status: 403 });
    await expect(sign('web', '')).rejects.toThrow('Permission denied');
    const PrivateKey = privateKeyPem(key);
    const Config = make(CAConfiguration, { Provider: 'consul', Config: { PrivateKey } });
    await expect(call('ConnectCA.ConfigurationSet', { Config, Token: reader })).rejects.toThrow('Permission denied');
    await call('ConnectCA.ConfigurationSet', { Config, Token: master });
    const shown = async (Token: string) => (await call('ConnectCA.ConfigurationGet', { Token })).Config?.['PrivateKey'];
    expect(await shown(master)).toBe(PrivateKey);
    await expect(shown(reader)).rejects.toThrow('Permission denied');
    await server.stop();
  });

  it('keeps its key where Consul keeps it', () => {
    const file = new URL('../../../data/vectors/snapshots/plain.records.json', import.meta.url);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain(providerId(readCaConfig({ LeafCertTTL: '72h', IntermediateCertTTL: '8760h' }), true));
  });
});
