/**
 * The certificate authority of the mesh, on the leader: its start, changes of its configuration, what it signs. All it knows
 * is in the replicated state, so the next leader goes on where this one stopped.
 */
import { isDeepStrictEqual } from 'node:util';
import { formatDuration, nsToMs } from '../../../lib/duration.ts';
import {
  CAConfiguration,
  CALeafRequest,
  type CARoot,
  type IndexedCARoots,
  type IssuedCert,
} from '../../../structs/connect.ts';
import { dictOf } from '../../../structs/dict.ts';
import { type AgentIdentity, parseIdentity, type ServiceIdentity, trustDomainOf } from '../../../structs/identity.ts';
import { make } from '../../../structs/make.ts';
import type { BuiltInConfig } from '../../connect/ca-config.ts';
import { crossSign, rootRecord, signIntermediate, signLeaf } from '../../connect/certificates.ts';
import { identityOf, readCsr } from '../../connect/csr.ts';
import { RpcError } from '../../errors.ts';
import type { ServerContext } from '../context.ts';
import { CaState } from './ca-state.ts';
import { configured, conflict, demandProvider, firstConfig, isSame, readOnlyState, refusing } from './configuration.ts';
import { issuedCert } from './issued-cert.ts';
import { ensureProvider, nextSerial, proposeCa, providerId, signerFor } from './provider.ts';
import { type AskForIntermediate, adoptRoots, isAdopted } from './secondary.ts';
import { SigningPace } from './signing-pace.ts';

/** The interval of metrics: what is not told in it is missing in it. */
export const reportIntervalMs = 10_000;
/** Rotated roots go when nothing that they signed can be valid any more; looked at this often. */
export const pruneIntervalMs = 3600_000;

export class CertificateAuthority {
  readonly #context: ServerContext;
  readonly #pace: SigningPace;
  readonly #state: CaState;
  /** Changes come one after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(context: ServerContext) {
    this.#context = context;
    this.#pace = new SigningPace(context.runtime.clock);
    this.#state = new CaState(context);
  }

  /** The leader's duty: there is a configuration, a key and a root. */
  initialize(): Promise<void> {
    return this.#inTurn(async () => {
      const { config, runtime, logger } = this.#context;
      // Secondaries wait for the roots of the primary.
      if (!this.#state.isPrimary) return;
      if (this.#state.stored === undefined) {
        const Config = firstConfig(config, runtime.random.uuid());
        await proposeCa(this.#context, { Op: 'set-config', Config });
      }
      const stored = this.#state.config;
      demandProvider(stored);
      const provider = await ensureProvider(this.#context, configured(stored), stored.ClusterID);
      const root = rootRecord(provider.RootCert, stored.ClusterID);
      const { roots, active } = this.#state.roots();
      if (active?.ID === root.ID) return;
      const others = roots.filter(({ ID }) => ID !== root.ID).map((old) => this.#state.rotatedOut(old));
      await this.#state.setRoots([...others, root]);
      logger.named('connect').info('initialized primary datacenter CA with provider', { provider: stored.Provider });
    });
  }

  /**
   * A new configuration. Another key or root certificate makes another root: it is cross-signed by the one before, so
   * whoever still trusts only that one accepts what the new one signs.
   * @throws RpcError with Consul's text; nothing has changed then
   */
  configure(wanted: CAConfiguration): Promise<void> {
    return this.#inTurn(async () => {
      const old = this.#state.config;
      if (wanted.State !== null && !isDeepStrictEqual({ ...wanted.State }, { ...old.State })) throw readOnlyState();
      const Config = make(CAConfiguration, { ...wanted, State: old.State, ClusterID: old.ClusterID });
      if (isSame(Config, old)) return;
      if (wanted.ModifyIndex !== 0 && wanted.ModifyIndex !== old.ModifyIndex) throw conflict();
      demandProvider(wanted);
      await this.#noteDefaults(old);
      Config.ModifyIndex = this.#state.config.ModifyIndex;
      const settings = configured(Config);
      if (!this.#state.isPrimary) return this.#configureSecondary(Config, settings);
      const before = this.#state.signer();
      const provider = await refusing(() => ensureProvider(this.#context, settings, old.ClusterID));
      const root = rootRecord(provider.RootCert, old.ClusterID);
      const { roots, active, index } = this.#state.roots();
      if (active?.ID === root.ID) {
        if ((await proposeCa(this.#context, { Op: 'set-config', Config })) !== true) throw conflict();
        return;
      }
      const serial = await nextSerial(this.#context);
      const signer = signerFor(provider);
      const bridge = crossSign(signer.certificate, before, serial, this.#context.runtime.clock.wallMs());
      const others = roots.filter(({ ID }) => ID !== root.ID).map((one) => this.#state.rotatedOut(one));
      const Roots = [...others, { ...root, IntermediateCerts: [bridge] }];
      const done = await proposeCa(this.#context, { Op: 'set-roots-config', Index: index, Roots, Config });
      if (done !== true) throw new RpcError('could not atomically update roots and config');
      // The old key has no more use: what it signed stays valid by its certificate.
      const ProviderState = this.#context.store.state.tables.caProviders.get(providerId(configured(old), true));
      if (ProviderState !== undefined) await proposeCa(this.#context, { Op: 'delete-provider-state', ProviderState });
      this.#context.logger
        .named('connect')
        .info('CA rotated to new root under provider', { provider: wanted.Provider });
    });
  }

  /** The certificate of a service or agent of this datacenter. @throws RpcError */
  async sign(csrPem: string): Promise<IssuedCert> {
    const csr = readCsr(csrPem);
    const stored = this.#state.config;
    const identity = inTrustDomain(identityOf(csr), stored.ClusterID);
    this.#demandOurs(identity, stored.ClusterID);
    const settings = configured(stored);
    await this.#pace.take(settings.CSRMaxPerSecond);
    const serial = await nextSerial(this.#context);
    const signer = this.#state.signer();
    const wallMs = this.#context.runtime.clock.wallMs();
    const leaf = signLeaf(csr, identity, signer, { serial, ttlMs: nsToMs(settings.LeafCertTTL), wallMs });
    const above = this.#state.isPrimary ? [] : [this.#state.provider!.IntermediateCert];
    const bridges = (this.#state.roots().active?.IntermediateCerts ?? []).filter((cert) => !above.includes(cert));
    const { datacenter } = this.#context.config;
    const index = await this.#context.propose(
      'connectCALeaf',
      make(CALeafRequest, { Op: 'increment-index', Datacenter: datacenter }),
    );
    return issuedCert(identity, [leaf, ...above, ...bridges], serial, Number(index));
  }

  /** The authority of a secondary datacenter. PEM. @throws RpcError */
  async signIntermediate(csrPem: string): Promise<string> {
    const csr = readCsr(csrPem);
    const stored = this.#state.config;
    const identity = parseIdentity(csr.altNames.uris[0] ?? '');
    const trustDomain = trustDomainOf(stored.ClusterID);
    if (identity?.kind !== 'authority' || identity.trustDomain !== trustDomain) {
      throw new RpcError(`error signing intermediate: SPIFFE ID is not that of ${trustDomain}`);
    }
    const serial = await nextSerial(this.#context);
    const ttlMs = nsToMs(configured(stored).IntermediateCertTTL);
    return signIntermediate(csr, this.#state.signer(), { serial, ttlMs, wallMs: this.#context.runtime.clock.wallMs() });
  }

  /** Whether a root of the primary is kept here as it should be. */
  isAdopted(theirs: CARoot, ours: CARoot): boolean {
    return isAdopted(this.#context, this.#state, theirs, ours);
  }

  /** The roots of the primary become ours, with an authority of this datacenter below the active one. */
  adopt(theirs: IndexedCARoots, ask: AskForIntermediate): Promise<void> {
    return this.#inTurn(() => adoptRoots(this.#context, this.#state, theirs, ask));
  }

  /** Seconds until the root and what signs here end; nothing before there are any. */
  report(): void {
    const { config, metrics, runtime } = this.#context;
    const { active } = this.#state.roots();
    if (active === undefined || this.#state.stored === undefined) return;
    const left = (end: number): number => Math.round((end - runtime.clock.wallMs()) / 1000);
    const labels = { datacenter: config.datacenter };
    metrics.gauge('mesh.active-root-ca.expiry', labels)(left(Date.parse(active.NotAfter)));
    const { certificate } = this.#state.signer();
    metrics.gauge('mesh.active-signing-ca.expiry', labels)(left(certificate.notAfter.getTime()));
  }

  /** Forgets roots that were rotated out long ago. */
  prune(): Promise<void> {
    return this.#inTurn(async () => {
      const { stored } = this.#state;
      if (stored === undefined || !this.#state.isPrimary) return;
      const ageMs = 2 * nsToMs(configured(stored).LeafCertTTL);
      const nowMs = this.#context.runtime.clock.wallMs();
      const isOver = ({ Active, RotatedOutAt }: CARoot): boolean =>
        !Active && Date.parse(RotatedOutAt) > 0 && Date.parse(RotatedOutAt) + ageMs <= nowMs;
      const { roots } = this.#state.roots();
      const left = roots.filter((root) => !isOver(root));
      if (left.length < roots.length) await this.#state.setRoots(left);
    });
  }

  async #configureSecondary(Config: CAConfiguration, { PrivateKey, RootCert }: BuiltInConfig): Promise<void> {
    if (PrivateKey !== '' || RootCert !== '') {
      throw new RpcError('error configuring provider: keys and roots are set in the primary datacenter');
    }
    if ((await proposeCa(this.#context, { Op: 'set-config', Config })) !== true) throw conflict();
  }

  /** A lifetime that was left to us is written down before it may change: certificates were issued with it. */
  async #noteDefaults(old: CAConfiguration): Promise<void> {
    if (old.Config?.['IntermediateCertTTL'] !== undefined) return;
    const IntermediateCertTTL = formatDuration(configured(old).IntermediateCertTTL);
    const Config = { ...old, Config: dictOf(Object.entries({ ...old.Config, IntermediateCertTTL })), ModifyIndex: 0 };
    await proposeCa(this.#context, { Op: 'set-config', Config });
  }

  #demandOurs(identity: ServiceIdentity | AgentIdentity, clusterId: string): void {
    const trustDomain = trustDomainOf(clusterId);
    if (identity.trustDomain.toLowerCase() !== trustDomain) {
      throw new RpcError(
        `SPIFFE ID in CSR from a different trust domain: ${identity.trustDomain}, we are ${trustDomain}`,
      );
    }
    const { datacenter } = this.#context.config;
    if (identity.datacenter !== datacenter) {
      throw new RpcError(`SPIFFE ID in CSR from a different datacenter: ${identity.datacenter}, we are ${datacenter}`);
    }
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(run, run);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** Agents ask before they can know under which name certificates are issued here. */
const inTrustDomain = (
  identity: ServiceIdentity | AgentIdentity,
  clusterId: string,
): ServiceIdentity | AgentIdentity =>
  identity.kind === 'agent' ? { ...identity, trustDomain: trustDomainOf(clusterId) } : identity;
