/**
 * What this agent shows and demands on every wire that can be encrypted: RPC both ways, HTTPS, and checks. Settings and files
 * change with a reload, and what comes from the servers whenever it is renewed; connections made afterwards see it.
 */
import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { extKeyUsages } from '../../lib/x509/index.ts';
import type { TlsSettings } from '../config/config.ts';
import type { KeyPair, TlsMaterial } from './material.ts';

/** For whom a listener is. `enrolment` is for agents that have no certificate yet. */
export type Audience = 'rpc' | 'enrolment' | 'https';

/** A certificate from the servers (`auto_encrypt`), and the authorities to trust with it. */
export interface Enrolled extends TlsMaterial {
  readonly pair: KeyPair;
  readonly verifyServerHostname: boolean;
}

export interface ServerToAsk {
  readonly datacenter: string;
  /** It announced that it speaks TLS. */
  readonly offersTls: boolean;
}

export interface AgentTlsOptions {
  readonly settings: TlsSettings;
  readonly material: TlsMaterial;
  readonly domain: string;
}

const versions: Readonly<Record<string, tls.SecureVersion>> = {
  tls10: 'TLSv1',
  tls11: 'TLSv1.1',
  tls12: 'TLSv1.2',
  tls13: 'TLSv1.3',
};

/** Those of TLS 1.3 are not for choosing. */
const suitesOfTls13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

export class AgentTls {
  readonly #domain: string;
  #settings: TlsSettings;
  #material: TlsMaterial;
  #enrolled: Enrolled | null = null;
  /** Authorities beyond those of the files: a server that signs certificates trusts them too. */
  #moreAuthorities: readonly string[] = [];
  /** What was made of all that, until it changes. */
  #made = new Map<string, unknown>();

  constructor({ settings, material, domain }: AgentTlsOptions) {
    this.#settings = settings;
    this.#material = material;
    this.#domain = domain.replace(/\.$/, '');
  }

  get settings(): TlsSettings {
    return this.#settings;
  }

  /** As the files have them. */
  get fileAuthorities(): readonly string[] {
    return this.#material.authorities;
  }

  get hasCertificate(): boolean {
    return this.#pair !== null;
  }

  reload(settings: TlsSettings, material: TlsMaterial): void {
    this.#settings = settings;
    this.#material = material;
    this.#made = new Map();
  }

  get enrolledPair(): KeyPair | null {
    return this.#enrolled?.pair ?? null;
  }

  enrol(enrolled: Enrolled): void {
    this.#enrolled = enrolled;
    this.#made = new Map();
  }

  trustAlso(authorities: readonly string[]): void {
    this.#moreAuthorities = authorities;
    this.#made = new Map();
  }

  /** The same object until something changes; null while there is no certificate to show. */
  listening(audience: Audience): tls.TlsOptions | null {
    return this.#once(audience, () => {
      const { verifyIncomingRpc, verifyIncomingHttps } = this.#settings;
      const verifies = { rpc: verifyIncomingRpc, https: verifyIncomingHttps, enrolment: false }[audience];
      return this.#pair === null ? null : { ...this.#common(), requestCert: verifies, rejectUnauthorized: verifies };
    });
  }

  /** How to ask a server; null: in plain text. */
  asking({ datacenter, offersTls }: ServerToAsk): tls.ConnectionOptions | null {
    const verifies = this.#verifiesServers;
    if (!verifies && !(offersTls && this.#authorities.length > 0)) return null;
    return this.#once(`asking ${datacenter}`, () => {
      const servername = this.#serverName(datacenter);
      return {
        secureContext: tls.createSecureContext(this.#common()),
        servername,
        rejectUnauthorized: verifies,
        checkServerIdentity: (_, { raw }) =>
          verifies && this.#checksNames ? nameFault(new X509Certificate(raw), servername) : undefined,
      };
    });
  }

  /** How to ask a server for the first certificate: it is checked as far as there is something to check it with. */
  enrolling(datacenter: string): tls.ConnectionOptions {
    const servername = this.#serverName(datacenter);
    const verifies = this.#authorities.length > 0;
    return {
      secureContext: tls.createSecureContext(this.#common()),
      servername,
      rejectUnauthorized: verifies,
      checkServerIdentity: (_, { raw }) =>
        verifies && this.#checksNames ? nameFault(new X509Certificate(raw), servername) : undefined,
    };
  }

  /** How checks ask: with the agent's certificate where the settings want it. */
  checking(): Pick<tls.ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'> {
    const { useForChecks, serverName: servername } = this.#settings;
    if (!useForChecks) return {};
    return {
      ...(this.#authorities.length > 0 && { ca: this.#authorities }),
      ...this.#pair,
      ...(servername !== '' && { servername }),
    };
  }

  /** Why the peer may not act as a server of the datacenter, or undefined: its certificate has to say so. */
  serverFault(peer: X509Certificate | undefined, datacenter: string): Error | undefined {
    if (!this.#settings.verifyIncomingRpc || !this.#settings.verifyServerHostname) return undefined;
    if (peer === undefined) return new Error("tls: client didn't provide a certificate");
    if (!(peer.keyUsage ?? [extKeyUsages.clientAuth]).includes(extKeyUsages.clientAuth))
      return new Error('x509: certificate specifies an incompatible key usage');
    return nameFault(peer, this.#serverName(datacenter));
  }

  get #verifiesServers(): boolean {
    return this.#settings.verifyOutgoing || this.#enrolled !== null;
  }

  get #checksNames(): boolean {
    return this.#settings.verifyServerHostname || this.#enrolled?.verifyServerHostname === true;
  }

  get #authorities(): string[] {
    return [...this.#material.authorities, ...(this.#enrolled?.authorities ?? []), ...this.#moreAuthorities];
  }

  /** What the operator gave counts more than what the servers did. */
  get #pair(): KeyPair | null {
    return this.#material.pair ?? this.#enrolled?.pair ?? null;
  }

  #serverName(datacenter: string): string {
    return `server.${datacenter}.${this.#domain}`;
  }

  #common(): tls.SecureContextOptions {
    const { minVersion, ciphers, preferServerCiphers } = this.#settings;
    const isOld = minVersion === 'tls10' || minVersion === 'tls11';
    const suites = ciphers.length > 0 ? [...suitesOfTls13, ...ciphers] : [tls.DEFAULT_CIPHERS];
    return {
      ...this.#pair,
      // Any of them is trusted, be it a root or not.
      ca: this.#authorities,
      allowPartialTrustChain: true,
      minVersion: versions[minVersion]!,
      // What was good enough for the old versions is refused by default.
      ciphers: [...suites, ...(isOld ? ['@SECLEVEL=0'] : [])].join(':'),
      honorCipherOrder: preferServerCiphers,
    };
  }

  #once<T>(name: string, make: () => T): T {
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name) as T;
  }
}

/** Names are those of the extension alone: the common name is for people. */
function nameFault(certificate: X509Certificate, wanted: string): Error | undefined {
  if (certificate.checkHost(wanted, { subject: 'never', partialWildcards: false }) !== undefined) return undefined;
  const names = (certificate.subjectAltName ?? '').replaceAll(/(?:DNS|IP Address|URI|email):/g, '');
  const reason =
    names === ''
      ? `certificate is not valid for any names, but wanted to match ${wanted}`
      : `certificate is valid for ${names}, not ${wanted}`;
  return Object.assign(new Error(`x509: ${reason}`), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', reason });
}
