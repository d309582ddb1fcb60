/** Configurations of auth methods: what they may say, and who a bearer token says that somebody is. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import { DurationError, nsPerMs, parseDuration } from '../../lib/duration.ts';
import type { ACLAuthMethod } from '../../structs/acl.ts';
import {
  algorithms,
  type ClaimRules,
  type Claims,
  JwtError,
  publicKeyOf,
  readJwt,
  validateClaims,
  verifySignature,
} from './jwt.ts';

/** Thrown for a configuration that is wrong; the message is the one of the API. */
export class AuthMethodError extends Error {
  override readonly name = 'AuthMethodError';
}

export const authMethodTypes: readonly string[] = ['jwt', 'kubernetes'];

/** What is known of somebody, by the names that binding rules use. */
export interface Identity {
  readonly value: Readonly<Record<string, string>>;
  readonly list: Readonly<Record<string, readonly string[]>>;
}

type Config = Readonly<Record<string, unknown>>;

const jwtKeys = ['JWTSupportedAlgs', 'BoundAudiences', 'ClaimMappings', 'ListClaimMappings', 'OIDCDiscoveryURL'];
jwtKeys.push('OIDCDiscoveryCACert', 'JWKSURL', 'JWKSCACert', 'JWTValidationPubKeys', 'BoundIssuer');
jwtKeys.push('ExpirationLeeway', 'NotBeforeLeeway', 'ClockSkewLeeway');
const kubernetesKeys = ['Host', 'CACert', 'ServiceAccountJWT'];

interface JwtConfig extends ClaimRules {
  readonly keys: readonly KeyObject[];
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

function jwtConfigOf(config: Config): JwtConfig {
  refuseUnknown(config, jwtKeys);
  const pems = textsOf(config['JWTValidationPubKeys']);
  const sources = [pems.length > 0, textOf(config, 'JWKSURL') !== '', textOf(config, 'OIDCDiscoveryURL') !== ''];
  if (sources.filter(Boolean).length !== 1) {
    throw new AuthMethodError(
      `exactly one of 'JWTValidationPubKeys', 'JWKSURL', or 'OIDCDiscoveryURL' must be set for type "jwt"`,
    );
  }
  if (pems.length === 0) throw new AuthMethodError('only JWTValidationPubKeys are supported yet');
  const keys = pems.map((pem, at) => {
    try {
      return publicKeyOf(pem);
    } catch (error) {
      if (!(error instanceof JwtError)) throw error;
      throw new AuthMethodError(`error parsing public key JWTValidationPubKeys[${at}]: ${error.message}`);
    }
  });
  const supported = textsOf(config['JWTSupportedAlgs']);
  for (const name of supported) {
    if (!Object.hasOwn(algorithms, name)) throw new AuthMethodError(`Invalid supported algorithm: ${name}`);
  }
  return {
    keys,
    algorithms: supported,
    issuer: textOf(config, 'BoundIssuer'),
    audiences: textsOf(config['BoundAudiences']),
    claims: mappingOf(config, 'ClaimMappings'),
    listClaims: mappingOf(config, 'ListClaimMappings'),
    expirationLeewayS: leewayOf(config, 'ExpirationLeeway', 150),
    notBeforeLeewayS: leewayOf(config, 'NotBeforeLeeway', 150),
    clockSkewLeewayS: leewayOf(config, 'ClockSkewLeeway', 60),
  };
}

function mappingOf(config: Config, key: string): Record<string, string> {
  const mapping = mapOf(config[key]);
  const names = Object.values(mapping);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new AuthMethodError(`${key} contains multiple mappings for key "${twice}"`);
  return mapping;
}

function demandKubernetes(config: Config): void {
  refuseUnknown(config, kubernetesKeys);
  if (textOf(config, 'Host') === '') throw new AuthMethodError('Config.Host is required');
  const certificate = textOf(config, 'CACert');
  if (certificate === '') throw new AuthMethodError('Config.CACert is required');
  try {
    new X509Certificate(certificate);
  } catch {
    const why = 'data does not contain any valid RSA or ECDSA certificates';
    throw new AuthMethodError(`error parsing kubernetes ca cert: ${why}`);
  }
  const jwt = textOf(config, 'ServiceAccountJWT');
  if (jwt === '') throw new AuthMethodError('Config.ServiceAccountJWT is required');
  try {
    readJwt(jwt);
  } catch (error) {
    if (!(error instanceof JwtError)) throw error;
    throw new AuthMethodError(`Config.ServiceAccountJWT is not a valid JWT: ${error.message}`);
  }
}

/** @throws AuthMethodError */
export function demandConfig({ Type, Config }: ACLAuthMethod): void {
  if (Type === 'jwt') jwtConfigOf(Config ?? {});
  else demandKubernetes(Config ?? {});
}

const kubernetesNames = ['serviceaccount.namespace', 'serviceaccount.name', 'serviceaccount.uid'];

/** The variables that names in binding rules may have. */
export const variablesOf = ({ Type, Config }: ACLAuthMethod): string[] =>
  Type === 'jwt' ? Object.values(mapOf(Config?.['ClaimMappings'])).map((name) => `value.${name}`) : kubernetesNames;

/** @throws JwtError or AuthMethodError for somebody who cannot be believed */
export function identify({ Type, Config }: ACLAuthMethod, bearerToken: string, nowMs: number): Identity {
  if (Type !== 'jwt')
    throw new AuthMethodError(`logging in with an auth method of type "${Type}" is not supported yet`);
  if (bearerToken === '') throw new JwtError('missing jwt');
  const config = jwtConfigOf(Config ?? {});
  const jwt = reading(bearerToken);
  verifySignature(jwt, config.keys, config.algorithms);
  validateClaims(jwt.claims, config, nowMs / 1000);
  const value: Record<string, string> = {};
  for (const [path, name] of Object.entries(config.claims)) {
    const claim = claimAt(jwt.claims, path);
    if (claim === undefined || claim === null) continue;
    if (typeof claim === 'object') throw new JwtError(`error converting claim '${path}' to string from unknown type`);
    value[name] = String(claim);
  }
  const list: Record<string, readonly string[]> = {};
  for (const [path, name] of Object.entries(config.listClaims)) {
    const claim = claimAt(jwt.claims, path);
    if (claim !== undefined && claim !== null) list[name] = textsOf(claim);
  }
  return { value, list };
}

function reading(text: string): ReturnType<typeof readJwt> {
  try {
    return readJwt(text);
  } catch (error) {
    throw error instanceof JwtError ? new JwtError(`error parsing token: ${error.message}`) : error;
  }
}

/** A claim by its name, or by a JSON pointer (RFC 6901). */
function claimAt(claims: Claims, path: string): unknown {
  if (!path.startsWith('/')) return Object.hasOwn(claims, path) ? claims[path] : undefined;
  let at: unknown = claims;
  for (const step of path.slice(1).split('/')) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return at;
}
