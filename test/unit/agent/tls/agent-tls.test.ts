import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { describe, expect, it } from 'vitest';
import { agentTls, plainTls, testAuthority, tlsSettings } from './fixtures.ts';

const ca = await testAuthority();
const authorities = [ca.pem];
const pair = await ca.issue(['server.dc1.consul', 'localhost']);
const client = await ca.issue(['client.dc1.consul', 'localhost']);
const identity = ({ cert }: { cert: string }) => ({ raw: new X509Certificate(cert).raw }) as tls.PeerCertificate;

describe('asking servers', () => {
  const server = { datacenter: 'dc1', offersTls: false };
  const offering = { datacenter: 'dc1', offersTls: true };

  it('is plain as long as nobody wants anything else', () => {
    expect(plainTls().asking(offering)).toBe(null);
    expect(agentTls({}, { authorities: [], pair }).asking(offering)).toBe(null);
    expect(agentTls({}, { authorities, pair }).asking(server)).toBe(null);
  });

  it('is encrypted where the server offers it and there is an authority, and checks nothing nobody asked for', () => {
    const asked = agentTls({}, { authorities, pair }).asking(offering);
    expect(asked).toMatchObject({ rejectUnauthorized: false, servername: 'server.dc1.consul' });
  });

  it('is encrypted and checked with verify_outgoing, whatever the server says', () => {
    const asked = agentTls({ verifyOutgoing: true }, { authorities, pair: null }).asking(server);
    expect(asked).toMatchObject({ rejectUnauthorized: true });
    // Any certificate of the authority will do.
    expect(asked?.checkServerIdentity?.('x', identity(client))).toBe(undefined);
  });

  it('demands the name of a server of its datacenter with verify_server_hostname', () => {
    const secure = agentTls({ verifyOutgoing: true, verifyServerHostname: true }, { authorities, pair });
    const asked = secure.asking(server);
    expect(asked?.checkServerIdentity?.('x', identity(pair))).toBe(undefined);
    expect(asked?.checkServerIdentity?.('x', identity(client))?.message).toBe(
      'x509: certificate is valid for client.dc1.consul, localhost, 127.0.0.1, not server.dc1.consul',
    );
    const elsewhere = secure.asking({ ...server, datacenter: 'dc2' });
    expect(elsewhere?.servername).toBe('server.dc2.consul');
    expect(elsewhere?.checkServerIdentity?.('x', identity(pair))).toBeInstanceOf(Error);
  });

  it('sees what a reload brought', () => {
    const it_ = plainTls();
    it_.reload(tlsSettings({ verifyOutgoing: true }), { authorities, pair });
    expect(it_.asking(server)).toMatchObject({ rejectUnauthorized: true });
  });
});

describe('listening', () => {
  it('needs a certificate', () => {
    expect(plainTls().listening('rpc')).toBe(null);
    expect(plainTls().hasCertificate).toBe(false);
  });

  it('demands certificates where the settings say so, and never for enrolment', () => {
    const secure = agentTls({ verifyIncomingRpc: true }, { authorities, pair });
    expect(secure.listening('rpc')).toMatchObject({ requestCert: true, rejectUnauthorized: true, ...pair });
    expect(secure.listening('https')).toMatchObject({ requestCert: false, rejectUnauthorized: false });
    expect(secure.listening('enrolment')).toMatchObject({ requestCert: false });
    const https = agentTls({ verifyIncomingHttps: true }, { authorities, pair });
    expect(https.listening('https')).toMatchObject({ requestCert: true });
    expect(https.listening('rpc')).toMatchObject({ requestCert: false });
  });

  it('is one object until something changes', () => {
    const secure = agentTls({}, { authorities, pair });
    const before = secure.listening('rpc');
    expect(secure.listening('rpc')).toBe(before);
    secure.trustAlso([ca.pem]);
    expect(secure.listening('rpc')).not.toBe(before);
  });

  it('limits versions and suites; those of TLS 1.3 stay', () => {
    const suites = ['ECDHE-ECDSA-AES128-GCM-SHA256'];
    const chosen = agentTls({ minVersion: 'tls13', ciphers: suites, preferServerCiphers: true }, { authorities, pair });
    expect(chosen.listening('rpc')).toMatchObject({
      minVersion: 'TLSv1.3',
      honorCipherOrder: true,
      ciphers:
        'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256',
    });
    const old = agentTls({ minVersion: 'tls10' }, { authorities, pair }).listening('rpc');
    expect(old?.ciphers).toBe(`${tls.DEFAULT_CIPHERS}:@SECLEVEL=0`);
  });
});

describe('who may act as a server', () => {
  const strict = agentTls({ verifyIncomingRpc: true, verifyServerHostname: true }, { authorities, pair });
  const certificate = ({ cert }: { cert: string }) => new X509Certificate(cert);

  it('whoever has a certificate for the name, good for clients', async () => {
    expect(strict.serverFault(certificate(pair), 'dc1')).toBe(undefined);
    const both = await ca.issue(['server.dc1.consul'], ['serverAuth', 'clientAuth']);
    expect(strict.serverFault(certificate(both), 'dc1')).toBe(undefined);
  });

  it('nobody else', async () => {
    expect(strict.serverFault(undefined, 'dc1')?.message).toContain("didn't provide a certificate");
    expect(strict.serverFault(certificate(client), 'dc1')?.message).toContain('not server.dc1.consul');
    expect(strict.serverFault(certificate(pair), 'dc2')?.message).toContain('not server.dc2.consul');
    const serversOnly = await ca.issue(['server.dc1.consul'], ['serverAuth']);
    expect(strict.serverFault(certificate(serversOnly), 'dc1')?.message).toContain('incompatible key usage');
  });

  it('everybody, where not both ways are verified', () => {
    expect(agentTls({ verifyServerHostname: true }, { authorities, pair }).serverFault(undefined, 'dc1')).toBe(
      undefined,
    );
  });
});

describe('checks', () => {
  it('show the certificate of the agent only where the settings want it', () => {
    expect(agentTls({}, { authorities, pair }).checking()).toEqual({});
    expect(agentTls({ useForChecks: true }, { authorities, pair }).checking()).toEqual({ ca: authorities, ...pair });
    expect(agentTls({ useForChecks: true }, { authorities: [], pair: null }).checking()).toEqual({});
    const named = { serverName: 'web.example' };
    expect(agentTls(named, { authorities, pair }).checking()).toEqual({});
    expect(agentTls({ useForChecks: true, ...named }, { authorities, pair }).checking()).toEqual({
      ca: authorities,
      ...pair,
      servername: 'web.example',
    });
  });
});

describe('a certificate from the servers', () => {
  it('is shown, and checked against, until the operator gives one', () => {
    const enrolled = { authorities, pair: client, verifyServerHostname: true };
    const auto = plainTls();
    auto.enrol(enrolled);
    expect(auto.listening('https')).toMatchObject(client);
    const asked = auto.asking({ datacenter: 'dc1', offersTls: false });
    expect(asked?.checkServerIdentity?.('x', identity(client))).toBeInstanceOf(Error);
    const own = agentTls({}, { authorities: [], pair });
    own.enrol(enrolled);
    expect(own.listening('https')).toMatchObject(pair);
  });
});
