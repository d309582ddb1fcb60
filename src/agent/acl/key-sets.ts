/**
 * Public keys of those who issue tokens, from where they publish them (RFC 7517; OpenID Connect Discovery 1.0). Kept for as long
 * as the answer allows; a token signed with a key that is not known yet makes them be asked again, but not all the time.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { messageOf } from '../../lib/message-of.ts';
import type { Clock } from '../../lib/runtime.ts';
import { AuthMethodError } from './auth-methods.ts';
import type { JsonClient } from './json-client.ts';

export interface PublishedKey {
  /** '' when it has no name. */
  readonly id: string;
  readonly key: KeyObject;
}

/** Where keys are published. */
export interface KeySource {
  readonly kind: 'jwks' | 'oidc';
  /** Of the key set, or of the issuer. */
  readonly url: string;
  /** PEM; '' for the system's. */
  readonly ca: string;
}

interface KeySet {
  readonly keys: readonly PublishedKey[];
  readonly askedMs: number;
  readonly freshUntilMs: number;
}

const defaultFreshMs = 5 * 60_000;
const longestFreshMs = 24 * 3600_000;
/** Unknown key ids make a set be asked for no more often than this. */
const minPauseMs = 5_000;
const maxSets = 256;
const maxKeys = 256;

export class KeySets {
  readonly #clock: Clock;
  readonly #fetch: JsonClient;
  readonly #sets = new Map<string, Promise<KeySet>>();

  constructor(clock: Clock, fetch: JsonClient) {
    this.#clock = clock;
    this.#fetch = fetch;
  }

  /** The keys that a token with this key id may be signed with. @throws AuthMethodError when they cannot be had */
  async keysFor(source: KeySource, keyId: string): Promise<readonly KeyObject[]> {
    const found = matching(await this.#set(source), keyId);
    if (found.length > 0) return found;
    return matching(await this.#set(source, minPauseMs), keyId);
  }

  /** @throws AuthMethodError unless keys are published there */
  async check(source: KeySource): Promise<void> {
    await this.#set(source, 0);
  }

  /** `renewAfterMs`: how old it may be at most, fresh or not. */
  async #set(source: KeySource, renewAfterMs = Number.POSITIVE_INFINITY): Promise<KeySet> {
    const name = JSON.stringify(source);
    const known = this.#sets.get(name);
    if (known !== undefined) {
      const set = await known;
      const nowMs = this.#clock.nowMs();
      if (set.freshUntilMs > nowMs && set.askedMs + renewAfterMs > nowMs) return set;
      // Somebody else may have asked meanwhile.
      if (this.#sets.get(name) !== known) return this.#set(source, renewAfterMs);
    }
    const asked = this.#ask(source);
    this.#sets.delete(name);
    this.#sets.set(name, asked);
    if (this.#sets.size > maxSets) this.#sets.delete(this.#sets.keys().next().value as string);
    try {
      return await asked;
    } catch (error) {
      if (this.#sets.get(name) === asked) this.#sets.delete(name);
      throw error;
    }
  }

  async #ask({ kind, url, ca }: KeySource): Promise<KeySet> {
    const askedMs = this.#clock.nowMs();
    const what = kind === 'jwks' ? 'JWKSURL' : 'OIDCDiscoveryURL';
    try {
      const { json, maxAgeMs = defaultFreshMs } = await this.#get(
        kind === 'jwks' ? url : await this.#discover(url, ca),
        ca,
      );
      const freshUntilMs = askedMs + Math.min(Math.max(maxAgeMs, minPauseMs), longestFreshMs);
      return { keys: keysOf(json), askedMs, freshUntilMs };
    } catch (error) {
      throw new AuthMethodError(`error checking ${what}: ${messageOf(error)}`, { cause: error });
    }
  }

  async #get(url: string, ca: string) {
    const reply = await this.#fetch({ url, ca });
    if (reply.status !== 200) throw new Error(`${url}: unexpected status ${reply.status}`);
    return reply;
  }

  /** Where an issuer publishes its keys. */
  async #discover(issuer: string, ca: string): Promise<string> {
    const { json } = await this.#get(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, ca);
    const { issuer: says, jwks_uri: keysUrl } = (json ?? {}) as Readonly<Record<string, unknown>>;
    if (says !== issuer) {
      throw new Error(`oidc: issuer did not match the issuer returned by provider, expected "${issuer}" got "${says}"`);
    }
    if (typeof keysUrl !== 'string') throw new Error('oidc: the provider names no jwks_uri');
    return keysUrl;
  }
}

function keysOf(json: unknown): PublishedKey[] {
  const { keys } = (json ?? {}) as { readonly keys?: unknown };
  if (!Array.isArray(keys)) throw new Error('there is no key set');
  return keys.slice(0, maxKeys).flatMap((jwk: unknown) => {
    try {
      const { kid, use } = jwk as Readonly<Record<string, unknown>>;
      if (use !== undefined && use !== 'sig') return [];
      const key = createPublicKey({ key: jwk as Record<string, unknown>, format: 'jwk' });
      return [{ id: typeof kid === 'string' ? kid : '', key }];
    } catch {
      // A set may have keys of kinds that are not known here.
      return [];
    }
  });
}

const matching = ({ keys }: KeySet, keyId: string): KeyObject[] =>
  keys.filter(({ id }) => keyId === '' || id === '' || id === keyId).map(({ key }) => key);
