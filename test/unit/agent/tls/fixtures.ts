/** Settings of TLS, and certificates made on the spot: nothing in the tests expires. */
import type { KeyObject } from 'node:crypto';
import type { TlsSettings } from '../../../../src/agent/config/config.ts';
import { AgentTls } from '../../../../src/agent/tls/agent-tls.ts';
import type { KeyPair, TlsMaterial } from '../../../../src/agent/tls/material.ts';
import {
  type ExtKeyUsage,
  generateKey,
  issuerOf,
  parseCertificate,
  privateKeyPem,
  randomSerial,
  selfSign,
  signCertificate,
} from '../../../../src/lib/x509/index.ts';

export const tlsSettings = (more: Partial<TlsSettings> = {}): TlsSettings => ({
  caFile: '',
  caPath: '',
  certFile: '',
  keyFile: '',
  verifyIncomingRpc: false,
  verifyIncomingHttps: false,
  verifyOutgoing: false,
  verifyServerHostname: false,
  minVersion: 'tls12',
  ciphers: [],
  preferServerCiphers: false,
  useForChecks: false,
  serverName: '',
  autoEncrypt: { tls: false, allowTls: false, dnsSan: [], ipSan: [] },
  ...more,
});

/** Nothing is encrypted. */
export const plainTls = (): AgentTls => agentTls({}, { authorities: [], pair: null });

export const agentTls = (settings: Partial<TlsSettings>, material: TlsMaterial): AgentTls =>
  new AgentTls({ settings: tlsSettings(settings), material, domain: 'consul' });

export interface TestAuthority {
  readonly pem: string;
  readonly key: KeyObject;
  /** A certificate for these names; good for everything when no usage is given. */
  issue(dns: readonly string[], usages?: readonly ExtKeyUsage[], days?: number): Promise<KeyPair>;
}

const dayMs = 86_400_000;

export async function testAuthority(commonName = 'Test CA'): Promise<TestAuthority> {
  const key = await generateKey();
  const notBefore = new Date(Date.now() - 2 * dayMs);
  const pem = selfSign({
    serial: randomSerial(),
    subject: { commonName },
    notBefore,
    notAfter: new Date(Date.now() + 9 * dayMs),
    key,
    keyUsage: ['certSign', 'crlSign', 'digitalSignature'],
    authority: {},
  });
  const issuer = issuerOf(parseCertificate(pem), key);
  return {
    pem,
    key,
    async issue(dns, extKeyUsage = [], days = 5) {
      const own = await generateKey();
      const cert = signCertificate(
        {
          serial: randomSerial(),
          subject: { commonName: dns[0] ?? 'nobody' },
          notBefore,
          notAfter: new Date(Date.now() + days * dayMs),
          key: own,
          keyUsage: ['digitalSignature', 'keyEncipherment'],
          extKeyUsage,
          altNames: { dns, ips: ['127.0.0.1'] },
        },
        issuer,
      );
      return { cert, key: privateKeyPem(own) };
    },
  };
}
