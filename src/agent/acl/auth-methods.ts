/** Configurations of auth methods, and what they may say. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { DurationError, nsPerMs, parseDuration } from '../../lib/duration.ts';
import type { ACLAuthMethod } from '../../structs/acl.ts';
import { algorithms, type ClaimRules, JwtError, publicKeyOf, readJwt } from './jwt.ts';
import type { KeySource } from './key-sets.ts';

/** Thrown for a configuration that is wrong; the message is the one of the API. */
export class AuthMethodError extends Error {
  override readonly name = 'AuthMethodError';
}

export const authMethodTypes: readonly string[] = ['jwt', 'kubernetes'];

type Config = Readonly<Record<string, unknown>>;

const jwtKeys = ['JWTSupportedAlgs', 'BoundAudiences', 'ClaimMappings', 'ListClaimMappings', 'OIDCDiscoveryURL'];
jwtKeys.push('OIDCDiscoveryCACert', 'JWKSURL', 'JWKSCACert', 'JWTValidationPubKeys', 'BoundIssuer');
jwtKeys.push('ExpirationLeeway', 'NotBeforeLeeway', 'ClockSkewLeeway');
const kubernetesKeys = ['Host', 'CACert', 'ServiceAccountJWT'];

export interface JwtConfig extends ClaimRules {
  /** The keys themselves, or where they are published. */
  readonly keys: readonly KeyObject[] | KeySource;
  /** Empty for all. */
  readonly algorithms: readonly string[];
  readonly claims: Readonly<Record<string, string>>;
  readonly listClaims: Readonly<Record<string, string>>;
}

function refuseUnknown(config: Config, known: readonly string[]): void {
  const unknown = Object.keys(config).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const complaint = `* '' has invalid keys: ${unknown.sort().join(', ')}`;
  throw new AuthMethodError(`error decoding config: 1 error(s) decoding:\n\n${complaint}`);
}

const textOf = (config: Config, key: string): string => (typeof config[key] === 'string' ? config[key] : '');
const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).map(String);
const mapOf = (value: unknown): Record<string, string> =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]))
    : {};

/** Seconds; 0 means the default, less than 0 none. */
function leewayOf(config: Config, key: string, defaultS: number): number {
  const value = config[key];
  if (value === undefined || value === null) return defaultS;
  try {
    const ns = typeof value === 'number' ? value : parseDuration(String(value));
    return ns === 0 ? defaultS : Math.max(0, ns / nsPerMs / 1000);
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    throw new AuthMethodError(
      `error decoding config: 1 error(s) decoding:\n\n* error decoding '${key}': ${error.message}`,
    );
  }
}

/** @throws AuthMethodError */
export function jwtConfigOf(config: Config): JwtConfig {
  refuseUnknown(config, jwtKeys);
  const keys = keysOf(config);
  const supported = textsOf(config['JWTSupportedAlgs']);
  for (const name of supported) {
    if (!Object.hasOwn(algorithms, name)) throw new AuthMethodError(`Invalid supported algorithm: ${name}`);
  }
  const issuer = textOf(config, 'BoundIssuer');
  const isDiscovered = 'kind' in keys && keys.kind === 'oidc';
  if (isDiscovered && issuer !== '') throw new AuthMethodError(`'BoundIssuer' must not be set with 'OIDCDiscoveryURL'`);
  return {
    keys,
    // Issuers that are discovered sign with it unless they say otherwise.
    algorithms: supported.length === 0 && isDiscovered ? ['RS256'] : supported,
    issuer: isDiscovered ? keys.url : issuer,
    audiences: textsOf(config['BoundAudiences']),
    claims: mappingOf(config, 'ClaimMappings'),
    listClaims: mappingOf(config, 'ListClaimMappings'),
    expirationLeewayS: leewayOf(config, 'ExpirationLeeway', 150),
    notBeforeLeewayS: leewayOf(config, 'NotBeforeLeeway', 150),
    clockSkewLeewayS: leewayOf(config, 'ClockSkewLeeway', 60),
  };
}

function keysOf(config: Config): JwtConfig['keys'] {
  const pems = textsOf(config['JWTValidationPubKeys']);
  const jwks = textOf(config, 'JWKSURL');
  const oidc = textOf(config, 'OIDCDiscoveryURL');
  if ([pems.length > 0, jwks !== '', oidc !== ''].filter(Boolean).length !== 1) {
    throw new AuthMethodError(
      `exactly one of 'JWTValidationPubKeys', 'JWKSURL', or 'OIDCDiscoveryURL' must be set for type "jwt"`,
    );
  }
  if (jwks !== '') return sourceOf(config, 'jwks', jwks, 'JWKSURL', 'JWKSCACert');
  if (oidc !== '') return sourceOf(config, 'oidc', oidc, 'OIDCDiscoveryURL', 'OIDCDiscoveryCACert');
  return pems.map((pem, at) => {
    try {
      return publicKeyOf(pem);
    } catch (error) {
      if (!(error instanceof JwtError)) throw error;
      throw new AuthMethodError(`error parsing public key JWTValidationPubKeys[${at}]: ${error.message}`);
    }
  });
}

function sourceOf(config: Config, kind: KeySource['kind'], url: string, urlKey: string, caKey: string): KeySource {
  const isWeb = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (!isWeb) throw new AuthMethodError(`error checking ${urlKey}: "${url}" is no URL of the web`);
  const ca = textOf(config, caKey);
  if (ca !== '') demandCertificates(ca, `error parsing ${caKey}`);
  return { kind, url, ca };
}

function demandCertificates(pem: string, failed: string): void {
  try {
    new X509Certificate(pem);
  } catch {
    throw new AuthMethodError(`${failed}: data does not contain any valid RSA or ECDSA certificates`);
  }
}

function mappingOf(config: Config, key: string): Record<string, string> {
  const mapping = mapOf(config[key]);
  const names = Object.values(mapping);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new AuthMethodError(`${key} contains multiple mappings for key "${twice}"`);
  return mapping;
}

export interface KubernetesConfig {
  /** URL of the API server. */
  readonly host: string;
  /** Its certificates, in PEM. */
  readonly ca: string;
  /** Of the account that may review tokens. */
  readonly jwt: string;
}

/** @throws AuthMethodError */
export function kubernetesConfigOf(config: Config): KubernetesConfig {
  refuseUnknown(config, kubernetesKeys);
  const host = textOf(config, 'Host');
  if (host === '') throw new AuthMethodError('Config.Host is required');
  const ca = textOf(config, 'CACert');
  if (ca === '') throw new AuthMethodError('Config.CACert is required');
  demandCertificates(ca, 'error parsing kubernetes ca cert');
  const jwt = textOf(config, 'ServiceAccountJWT');
  if (jwt === '') throw new AuthMethodError('Config.ServiceAccountJWT is required');
  try {
    readJwt(jwt);
  } catch (error) {
    if (!(error instanceof JwtError)) throw error;
    throw new AuthMethodError(`Config.ServiceAccountJWT is not a valid JWT: ${error.message}`);
  }
  return { host, ca, jwt };
}

/** Where the keys of a method are published; null where they are not. @throws AuthMethodError for a wrong configuration */
export function demandConfig({ Type, Config }: ACLAuthMethod): KeySource | null {
  if (Type !== 'jwt') {
    kubernetesConfigOf(Config ?? {});
    return null;
  }
  const { keys } = jwtConfigOf(Config ?? {});
  return 'kind' in keys ? keys : null;
}

const kubernetesNames = ['serviceaccount.namespace', 'serviceaccount.name', 'serviceaccount.uid'];

/** The variables that names in binding rules may have. */
export const variablesOf = ({ Type, Config }: ACLAuthMethod): string[] =>
  Type === 'jwt' ? Object.values(mapOf(Config?.['ClaimMappings'])).map((name) => `value.${name}`) : kubernetesNames;
