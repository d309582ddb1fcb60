/** The certificate that a proxy shows and the roots it trusts, followed as they change. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { blockingQuery } from '../client/blocking-query.ts';
import type { CaRoots, ConnectApi, LeafCert } from '../client/connect.ts';
import type { Answer, QueryOptions } from '../client/http.ts';
import { messageOf } from '../lib/message-of.ts';
import { parseCertificate, X509Error } from '../lib/x509/index.ts';
import type { Log } from './log.ts';

export interface Credentials {
  /** The chain. */
  readonly cert: string;
  readonly key: string;
  readonly ca: readonly string[];
  readonly trustDomain: string;
  /** All of it, as connections take it. */
  readonly context: SecureContext;
}

export const minVersion = 'TLSv1.2';

export class CredentialStore {
  #leaf: LeafCert | null = null;
  #roots: CaRoots | null = null;
  #current: Credentials | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Resolves with the first credentials; goes on following them until the signal aborts, then rejects if there were none. */
  async follow(api: ConnectApi, service: string, signal: AbortSignal): Promise<void> {
    const ready = new Promise<void>((resolve, reject) => {
      this.#listeners.add(resolve);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    void this.#each(
      'leaf certificate',
      (options) => api.leaf(service, options),
      (leaf) => {
        this.#leaf = leaf;
      },
      signal,
    );
    void this.#each(
      'root certificates',
      (options) => api.roots(options),
      (roots) => {
        this.#roots = roots;
      },
      signal,
    );
    await ready;
  }

  /** @throws Error before there are any */
  get current(): Credentials {
    if (this.#current === null) throw new Error('no certificate yet');
    return this.#current;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #each<T>(
    what: string,
    ask: (options: QueryOptions) => Promise<Answer<T>>,
    keep: (value: T) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const state of blockingQuery(ask, { signal })) {
      if (state.kind === 'stale') this.#log('error', `could not get the ${what}`, { error: state.error.message });
      if (state.kind !== 'live') continue;
      keep(state.value);
      try {
        this.#changed();
      } catch (error) {
        this.#log('error', `the ${what} cannot be used`, { error: messageOf(error) });
      }
    }
  }

  #changed(): void {
    if (this.#leaf === null || this.#roots === null) return;
    const { CertPEM: cert, PrivateKeyPEM: key } = this.#leaf;
    const ca = (this.#roots.Roots ?? []).map(({ RootCert }) => RootCert);
    const context = createSecureContext({ cert, key, ca, minVersion });
    this.#current = { cert, key, ca, trustDomain: this.#roots.TrustDomain, context };
    for (const listener of this.#listeners) listener();
  }
}

export interface Peer {
  readonly uri: string;
  /** `1f:0a`. */
  readonly serial: string;
}

/** Whom the certificate of a connection is for; null when it names nobody, or several. */
export function peerOf(socket: TLSSocket): Peer | null {
  const certificate = socket.getPeerX509Certificate();
  if (!(certificate instanceof X509Certificate)) return null;
  try {
    const { uris } = parseCertificate(certificate.toString()).altNames;
    const serial = certificate.serialNumber.toLowerCase().match(/../g)?.join(':') ?? '';
    return uris.length === 1 ? { uri: uris[0]!, serial } : null;
  } catch (error) {
    if (error instanceof X509Error) return null;
    throw error;
  }
}
