/** The files behind the settings of TLS: authorities, certificate and key, read and checked before anything uses them. */
import { systemText } from '../../lib/system-text.ts';
import { certificatesOf, parseCertificate, parsePrivateKey } from '../../lib/x509/index.ts';
import type { TlsSettings } from '../config/config.ts';
import type { Files } from '../config/host.ts';

/** Thrown when the settings of TLS cannot work. The text is for the operator. */
export class TlsSettingsError extends Error {
  override readonly name = 'TlsSettingsError';
}

export interface KeyPair {
  /** PEM: the certificate, and what is between it and its authority. */
  readonly cert: string;
  readonly key: string;
}

export interface TlsMaterial {
  /** Each a certificate as PEM. */
  readonly authorities: readonly string[];
  readonly pair: KeyPair | null;
}

const minVersions = ['tls10', 'tls11', 'tls12', 'tls13'];

/** @throws TlsSettingsError */
export function readMaterial(settings: TlsSettings, files: Files): TlsMaterial {
  const { minVersion } = settings;
  if (!minVersions.includes(minVersion))
    throw new TlsSettingsError(
      `TLSMinVersion: value ${minVersion} not supported, please specify one of [${minVersions.join(',')}]`,
    );
  const material = { authorities: readAuthorities(settings, files), pair: readPair(settings, files) };
  const isFromServers = settings.autoEncrypt.tls;
  const hasAuthority = material.authorities.length > 0;
  if (settings.verifyOutgoing && !hasAuthority && !isFromServers)
    throw new TlsSettingsError('VerifyOutgoing set, and no CA certificate provided!');
  if (settings.verifyIncomingRpc || settings.verifyIncomingHttps) {
    if (!hasAuthority && !isFromServers)
      throw new TlsSettingsError('VerifyIncoming set, and no CA certificate provided!');
    if (material.pair === null && !isFromServers)
      throw new TlsSettingsError('VerifyIncoming set, and no Cert/Key pair provided!');
  }
  return material;
}

function readAuthorities({ caFile, caPath }: TlsSettings, files: Files): readonly string[] {
  const paths = caFile !== '' ? [caFile] : caPath !== '' ? filesOf(caPath, files) : [];
  return paths.flatMap((path) => {
    const found = certificatesOf(readText(path, files, 'Error loading CA File'));
    if (found.length === 0) throw new TlsSettingsError(`Error loading CA File: Couldn't parse PEM in: ${path}`);
    for (const pem of found) checked(`Error loading CA File: ${path}`, () => parseCertificate(pem));
    return found;
  });
}

function filesOf(directory: string, files: Files): string[] {
  try {
    const paths = [...files.list(directory)].sort().map((name) => `${directory.replace(/\/+$/, '')}/${name}`);
    return paths.filter((path) => files.kindOf(path) === 'file');
  } catch (error) {
    throw new TlsSettingsError(`Error loading CA Path: open ${directory}: ${systemText(error)}`);
  }
}

function readPair({ certFile, keyFile }: TlsSettings, files: Files): KeyPair | null {
  if (certFile === '' || keyFile === '') return null;
  const failed = 'Failed to load cert/key pair';
  const cert = readText(certFile, files, failed);
  const key = readText(keyFile, files, failed);
  if (certificatesOf(cert).length === 0)
    throw new TlsSettingsError(`${failed}: tls: failed to find any PEM data in certificate input`);
  const { x509 } = checked(failed, () => parseCertificate(cert));
  if (!x509.checkPrivateKey(checked(`${failed}: tls: failed to parse private key`, () => parsePrivateKey(key))))
    throw new TlsSettingsError(`${failed}: tls: private key does not match public key`);
  return { cert, key };
}

function readText(path: string, files: Files, what: string): string {
  try {
    return files.readText(path);
  } catch (error) {
    throw new TlsSettingsError(`${what}: open ${path}: ${systemText(error)}`);
  }
}

function checked<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new TlsSettingsError(`${what}: ${(error as Error).message}`);
  }
}
