/** Who somebody is, by the word that an auth method takes: claims of a JSON Web Token, or what Kubernetes says. */
import type { Clock } from '../../lib/runtime.ts';
import type { ACLAuthMethod } from '../../structs/acl.ts';
import { type JwtConfig, jwtConfigOf, kubernetesConfigOf } from './auth-methods.ts';
import type { JsonClient } from './json-client.ts';
import { type Claims, JwtError, readJwt, validateClaims, verifySignature } from './jwt.ts';
import { KeySets } from './key-sets.ts';
import { reviewToken } from './kubernetes.ts';

/** What is known of somebody. */
export interface Identity {
  /** What selectors of binding rules ask of. */
  readonly selectable: object;
  /** By the names that binding rules use. */
  readonly variables: Readonly<Record<string, string>>;
}

export class Identifier {
  readonly keySets: KeySets;
  readonly #clock: Clock;
  readonly #fetch: JsonClient;

  constructor(clock: Clock, fetch: JsonClient) {
    this.keySets = new KeySets(clock, fetch);
    this.#clock = clock;
    this.#fetch = fetch;
  }

  /** @throws JwtError or AuthMethodError for somebody who cannot be believed */
  async identify({ Type, Config }: ACLAuthMethod, bearerToken: string, signal?: AbortSignal): Promise<Identity> {
    if (bearerToken === '') throw new JwtError('missing jwt');
    if (Type === 'jwt') return this.#byClaims(jwtConfigOf(Config ?? {}), bearerToken);
    reading(bearerToken);
    const serviceaccount = await reviewToken(kubernetesConfigOf(Config ?? {}), bearerToken, this.#fetch, signal);
    return { selectable: { serviceaccount }, variables: named('serviceaccount', serviceaccount) };
  }

  async #byClaims(config: JwtConfig, bearerToken: string): Promise<Identity> {
    const jwt = reading(bearerToken);
    const keys = 'kind' in config.keys ? await this.keySets.keysFor(config.keys, jwt.keyId) : config.keys;
    verifySignature(jwt, keys, config.algorithms);
    validateClaims(jwt.claims, config, this.#clock.wallMs() / 1000);
    const value: Record<string, string> = Object.create(null);
    for (const [path, name] of Object.entries(config.claims)) {
      const claim = claimAt(jwt.claims, path);
      if (claim === undefined || claim === null) continue;
      if (typeof claim === 'object') throw new JwtError(`error converting claim '${path}' to string from unknown type`);
      value[name] = String(claim);
    }
    const list: Record<string, readonly string[]> = Object.create(null);
    for (const [path, name] of Object.entries(config.listClaims)) {
      const claim = claimAt(jwt.claims, path);
      if (claim !== undefined && claim !== null) list[name] = (Array.isArray(claim) ? claim : [claim]).map(String);
    }
    return { selectable: { value, list }, variables: named('value', value) };
  }
}

const named = (of: string, values: object): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${of}.${name}`, String(value)]));

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
