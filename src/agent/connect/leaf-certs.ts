/**
 * Certificates of the services of this agent: made when somebody first asks, renewed before their time is over and when the
 * authority has another root. Private keys are made here and never leave this process but for who asks.
 */
import type { KeyObject } from 'node:crypto';
import { messageOf } from '../../lib/message-of.ts';
import type { Clock, Random, Timer } from '../../lib/runtime.ts';
import { createCsr, generateKey, parseCertificate, privateKeyPem } from '../../lib/x509/index.ts';
import type { IndexedCARoots, IssuedCert } from '../../structs/connect.ts';
import { commonName, formatIdentity, type ServiceIdentity } from '../../structs/identity.ts';
import type { AgentCache } from '../cache/agent-cache.ts';
import { errors, RpcError } from '../errors.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { Logger } from '../telemetry/api.ts';
import { keyName } from './certificates.ts';

export interface LeafSubject {
  readonly service: string;
  readonly datacenter: string;
  /** What its certificate is asked for with; certificates are kept apart by it. */
  readonly token: string;
}

export interface LeafWait {
  /** Only a certificate of a higher index is news. 0: any. */
  readonly minIndex: number;
  /** 0: ten minutes. */
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Leaf {
  readonly cert: IssuedCert;
  readonly wasThere: boolean;
}

export interface LeafCertsOptions {
  readonly rpc: RpcCaller;
  readonly cache: AgentCache;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Entry {
  readonly key: string;
  readonly subject: LeafSubject;
  cert: IssuedCert | null;
  /** Of the key that signed it, as roots name theirs. */
  signedBy: string;
  fetching: Promise<void> | null;
  renewal: Timer | null;
  usedMs: number;
  failures: number;
  readonly waiters: Set<() => void>;
}

const defaultWaitMs = 10 * 60_000;
/** Services that nobody asks for any more lose their certificates. */
const idleMs = 3 * 24 * 3600_000;
const maxEntries = 4096;
/** A new root makes everybody want a certificate: they come one after the other. */
const rootChangeSpreadMs = 20_000;
const maxRetryMs = 60_000;
/** So often at least the roots are compared, whatever their index says. */
const rootsWaitNs = 60e9;
/** Longer delays do not fit a timer. */
const longestDelayMs = 24 * 3600_000;

export class LeafCerts {
  readonly #options: LeafCertsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #abort = new AbortController();
  /** Datacenters whose roots are followed. */
  readonly #followed = new Set<string>();

  constructor(options: LeafCertsOptions) {
    this.#options = options;
  }

  /** Rejects with what the servers refuse it with. */
  async get(subject: LeafSubject, { minIndex, waitMs, signal }: LeafWait): Promise<Leaf> {
    if (this.#abort.signal.aborted) throw errors.shuttingDown();
    const entry = this.#entry(subject);
    entry.usedMs = this.#options.clock.nowMs();
    const wasThere = entry.cert !== null && !this.#isOver(entry.cert);
    if (!wasThere) await this.#fetch(entry);
    if (minIndex > 0 && entry.cert!.ModifyIndex <= minIndex) {
      await this.#changed(entry, minIndex, waitMs || defaultWaitMs, signal);
    }
    return { cert: entry.cert!, wasThere };
  }

  stop(): void {
    this.#abort.abort();
    for (const entry of [...this.#entries.values()]) this.#forget(entry);
  }

  #isOver({ ValidBefore }: IssuedCert): boolean {
    return Date.parse(ValidBefore) <= this.#options.clock.wallMs();
  }

  #entry(subject: LeafSubject): Entry {
    const key = JSON.stringify([subject.token, subject.datacenter, subject.service]);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = {
      key,
      subject,
      cert: null,
      signedBy: '',
      fetching: null,
      renewal: null,
      usedMs: 0,
      failures: 0,
      waiters: new Set(),
    };
    if (this.#entries.size >= maxEntries) {
      const oldest = [...this.#entries.values()].find(
        ({ waiters, fetching }) => waiters.size === 0 && fetching === null,
      );
      if (oldest !== undefined) this.#forget(oldest);
    }
    this.#entries.set(key, entry);
    return entry;
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.key);
    entry.renewal?.cancel();
    for (const wake of [...entry.waiters]) wake();
  }

  /** One at a time: whoever comes while it is under way waits for it. */
  #fetch(entry: Entry): Promise<void> {
    entry.fetching ??= this.#issue(entry)
      .catch((error: unknown) => {
        if (entry.cert === null) this.#forget(entry);
        throw error;
      })
      .finally(() => {
        entry.fetching = null;
      });
    return entry.fetching;
  }

  async #issue(entry: Entry): Promise<void> {
    const { rpc, cache } = this.#options;
    const { service, datacenter, token } = entry.subject;
    const { answer } = await cache.get('ConnectCA.Roots', { Datacenter: datacenter }, {});
    const { TrustDomain } = answer.reply;
    if (TrustDomain === '') throw new RpcError('CA has not finished initializing');
    if (service === '') throw new RpcError('URI must be either service or agent');
    const identity: ServiceIdentity = {
      kind: 'service',
      trustDomain: TrustDomain,
      namespace: 'default',
      datacenter,
      service,
    };
    const key = await keyLike(answer.reply);
    const altNames = { uris: [formatIdentity(identity)] };
    const CSR = createCsr({ subject: { commonName: commonName(identity) }, altNames, key });
    const { reply } = await rpc.call(
      'ConnectCA.Sign',
      { Datacenter: datacenter, Token: token, CSR },
      { signal: this.#abort.signal },
    );
    if (this.#abort.signal.aborted) throw errors.shuttingDown();
    entry.cert = { ...reply, PrivateKeyPEM: privateKeyPem(key) };
    entry.signedBy = keyName(parseCertificate(reply.CertPEM).authorityKeyId);
    entry.failures = 0;
    this.#renewLater(entry, this.#lifetimeLeft(reply));
    this.#follow(datacenter);
    for (const wake of [...entry.waiters]) wake();
  }

  /** Between six and nine tenths of its time, at random: not everybody at once. */
  #lifetimeLeft({ ValidAfter, ValidBefore }: IssuedCert): number {
    const lifetimeMs = Date.parse(ValidBefore) - Date.parse(ValidAfter);
    const part = 0.6 + 0.3 * this.#options.random.float();
    return Math.max(0, Date.parse(ValidAfter) + lifetimeMs * part - this.#options.clock.wallMs());
  }

  #renewLater(entry: Entry, delayMs: number): void {
    const { clock } = this.#options;
    entry.renewal?.cancel();
    entry.renewal = null;
    if (this.#abort.signal.aborted || !this.#entries.has(entry.key)) return;
    const stepMs = Math.min(delayMs, longestDelayMs);
    entry.renewal = clock.after(stepMs, () => {
      if (clock.nowMs() - entry.usedMs > idleMs && entry.waiters.size === 0) this.#forget(entry);
      else if (stepMs < delayMs) this.#renewLater(entry, delayMs - stepMs);
      else void this.#renew(entry);
    });
  }

  async #renew(entry: Entry): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#fetch(entry);
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      entry.failures++;
      logger.warn('certificate could not be renewed', { service: entry.subject.service, error: messageOf(error) });
      this.#renewLater(entry, Math.min(1000 * 2 ** Math.min(entry.failures, 6), maxRetryMs));
    }
  }

  /** Renews what another key has signed than that of the active root. */
  #follow(datacenter: string): void {
    if (this.#followed.has(datacenter)) return;
    this.#followed.add(datacenter);
    void this.#followRoots(datacenter).finally(() => this.#followed.delete(datacenter));
  }

  async #followRoots(datacenter: string): Promise<void> {
    const { cache, clock } = this.#options;
    const { signal } = this.#abort;
    let MinQueryIndex = 0;
    const isUsed = (): boolean => [...this.#entries.values()].some(({ subject }) => subject.datacenter === datacenter);
    while (!signal.aborted && isUsed()) {
      try {
        const wishes = { MinQueryIndex, MaxQueryTime: rootsWaitNs };
        const { answer } = await cache.get('ConnectCA.Roots', { Datacenter: datacenter }, wishes, signal);
        MinQueryIndex = answer.meta.Index;
        this.#rootsAre(datacenter, answer.reply);
      } catch {
        // Aborted, or the cache has let go of it: certificates are renewed by time as well.
        if (!signal.aborted) await new Promise<void>((go) => clock.after(maxRetryMs, go));
      }
    }
  }

  #rootsAre(datacenter: string, { Roots, ActiveRootID }: IndexedCARoots): void {
    const active = Roots?.find(({ ID }) => ID === ActiveRootID)?.SigningKeyID;
    if (active === undefined) return;
    for (const entry of this.#entries.values()) {
      if (entry.subject.datacenter !== datacenter || entry.cert === null || entry.signedBy === active) continue;
      this.#renewLater(entry, this.#options.random.float() * rootChangeSpreadMs);
    }
  }

  #changed(entry: Entry, minIndex: number, waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        timer.cancel();
        entry.waiters.delete(look);
        signal?.removeEventListener('abort', abort);
      };
      const look = (): void => {
        const isNews = (entry.cert?.ModifyIndex ?? 0) > minIndex;
        if (!isNews && this.#entries.has(entry.key)) return;
        end();
        resolve();
      };
      const abort = (): void => {
        end();
        reject(signal?.reason);
      };
      const timer = clock.after(waitMs, () => {
        end();
        resolve();
      });
      entry.waiters.add(look);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }
}

/** Of the kind of the root's: who chose that has reasons. */
function keyLike({ Roots, ActiveRootID }: IndexedCARoots): Promise<KeyObject> {
  const { PrivateKeyType, PrivateKeyBits } = Roots?.find(({ ID }) => ID === ActiveRootID) ?? {};
  if (PrivateKeyType !== 'ec' && PrivateKeyType !== 'rsa') return generateKey();
  return generateKey(PrivateKeyType, PrivateKeyBits || undefined);
}
