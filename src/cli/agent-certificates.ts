/** The certificates of agents and of the authority that signs them: names, usages and texts as Consul's tools make them. */
import type { KeyObject } from 'node:crypto';
import {
  type AltNames,
  type Certificate,
  type ExtKeyUsage,
  issuerOf,
  publicKeyOf,
  randomSerial,
  selfSign,
  signCertificate,
  X509Error,
} from '../lib/x509/index.ts';
import { CliError } from './command.ts';

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** From now on. @throws CliError when no day is left */
export function validityOf(days: number, now = new Date()): Validity {
  const notAfter = new Date(now.getTime() + days * 86_400_000);
  if (days <= 0) throw new CliError('x509: certificate has expired or is not yet valid');
  if (Number.isNaN(notAfter.getTime()) || notAfter.getUTCFullYear() > 9999)
    throw new CliError('x509: cannot represent time as GeneralizedTime');
  return { notBefore: now, notAfter };
}

export interface AuthorityWish extends Validity {
  /** '': one with the serial number in it. */
  readonly commonName: string;
  /** Domains it may certify names of; empty: all. */
  readonly permittedDomains: readonly string[];
  /** Trust domain, or ''. */
  readonly uri: string;
}

export function createAuthority(
  { commonName, permittedDomains, uri, ...validity }: AuthorityWish,
  key: KeyObject,
): string {
  const serial = randomSerial();
  return inWords(() =>
    selfSign({
      ...validity,
      serial,
      subject: { commonName: commonName || `Consul Agent CA ${serial}` },
      key,
      keyUsage: ['digitalSignature', 'certSign', 'crlSign'],
      authority: {},
      permittedDomains,
      altNames: { uris: uri === '' ? [] : [uri] },
    }),
  );
}

export type Purpose = 'server' | 'client' | 'cli';

const extKeyUsage: Readonly<Record<Purpose, readonly ExtKeyUsage[]>> = {
  server: ['serverAuth', 'clientAuth'],
  client: ['clientAuth', 'serverAuth'],
  cli: [],
};

export interface CertificateWish extends Validity {
  readonly purpose: Purpose;
  readonly datacenter: string;
  readonly domain: string;
  /** Of a server: its own name, or ''. */
  readonly node: string;
  readonly dns: readonly string[];
  readonly ips: readonly string[];
}

/** Whether a name is the domain or below it. */
const isWithin = (name: string, domain: string): boolean => name === domain || name.endsWith(`.${domain}`);

function namesOf({ purpose, datacenter, domain, node, dns, ips }: CertificateWish): {
  main: string;
  altNames: AltNames;
} {
  const main = `${purpose}.${datacenter}.${domain}`;
  const own = purpose === 'server' && node !== '' ? [`${node}.${main}`, main] : [main];
  const loopback = purpose === 'cli' ? [] : ['127.0.0.1'];
  return { main, altNames: { dns: [...dns, ...own, 'localhost'], ips: [...ips, ...loopback] } };
}

/**
 * @param key whom it is for
 * @throws CliError when the authority may not sign it
 */
export function createCertificate(
  wish: CertificateWish,
  key: KeyObject,
  authority: Certificate,
  caKey: KeyObject,
): string {
  const { main, altNames } = namesOf(wish);
  if (!authority.isAuthority)
    throw new CliError('x509: invalid signature: parent certificate cannot sign this kind of certificate');
  const { permittedDomains } = authority;
  const outside = permittedDomains && altNames.dns?.find((name) => !permittedDomains.some((d) => isWithin(name, d)));
  if (typeof outside === 'string')
    throw new CliError(
      `x509: a root or intermediate certificate is not authorized to sign for this name: DNS name "${outside}" is not permitted by any constraint`,
    );
  return inWords(() =>
    signCertificate(
      {
        notBefore: wish.notBefore,
        notAfter: wish.notAfter,
        serial: randomSerial(),
        subject: { commonName: main },
        key: publicKeyOf(key),
        keyUsage: ['digitalSignature', 'keyEncipherment'],
        extKeyUsage: extKeyUsage[wish.purpose],
        altNames,
      },
      issuerOf(authority, caKey),
    ),
  );
}

/** What cannot be written or signed is the user's to mend. */
function inWords<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof X509Error ? new CliError(`failed to create certificate: ${error.message}`) : error;
  }
}
