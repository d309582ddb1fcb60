/**
 * The certificate authority of the mesh, on the leader: its start, changes of its configuration, what it signs. All it knows
 * is in the replicated state, so the next leader goes on where this one stopped.
 */
import { isDeepStrictEqual } from 'node:util';
import { formatDuration, nsToMs } from '../../../lib/duration.ts';
import { goQuote } from '../../../lib/go-format.ts';
import { parseCertificate } from '../../../lib/x509/index.ts';
import { CAConfiguration, CALeafRequest, type CARoot, IssuedCert } from '../../../structs/connect.ts';
import { dictOf } from '../../../structs/dict.ts';
import {
  type AgentIdentity,
  formatIdentity,
  parseIdentity,
  type ServiceIdentity,
  trustDomainOf,
} from '../../../structs/identity.ts';
import { make } from '../../../structs/make.ts';
import { type BuiltInConfig, CaConfigError, fromFile, initialConfig, readCaConfig } from '../../connect/ca-config.ts';
import {
  crossSign,
  instant,
  rootRecord,
  type Signer,
  serialText,
  signIntermediate,
  signLeaf,
} from '../../connect/certificates.ts';
import { identityOf, readCsr } from '../../connect/csr.ts';
import { RpcError } from '../../errors.ts';
import { readCaRoots } from '../../state/connect-ca.ts';
import { watchNothing } from '../../state/watches.ts';
import type { ServerContext } from '../context.ts';
import { ensureProvider, nextSerial, proposeCa, providerId, signerFor } from './provider.ts';
import { SigningPace } from './signing-pace.ts';

/** Rotated roots go when nothing that they signed can be valid any more; looked at this often. */
export const pruneIntervalMs = 3600_000;

export class CertificateAuthority {
  readonly #context: ServerContext;
  readonly #pace: SigningPace;
  /** Changes come one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** Parsed once for every version of the provider's record. */
  #signer: { readonly id: string; readonly index: number; readonly signer: Signer } | null = null;

  constructor(context: ServerContext) {
    this.#context = context;
    this.#pace = new SigningPace(context.runtime.clock);
  }

  /** The leader's duty: there is a configuration, a key and a root. */
  initialize(): Promise<void> {
    return this.#inTurn(async () => {
      const { config, store, runtime, logger } = this.#context;
      if (store.state.tables.caConfig.get('') === undefined) {
        const Config = make(CAConfiguration, {
          ClusterID: runtime.random.uuid(),
          Provider: config.connect.caProvider,
          Config: dictOf(Object.entries({ ...initialConfig, ...fromFile(config.connect.caConfig) })),
        });
        await proposeCa(this.#context, { Op: 'set-config', Config });
      }
      const stored = this.#stored();
      demandProvider(stored);
      const provider = await ensureProvider(this.#context, configured(stored), stored.ClusterID);
      const root = rootRecord(provider.RootCert, stored.ClusterID);
      const { roots, active } = this.#roots();
      if (active?.ID === root.ID) return;
      const others = roots.filter(({ ID }) => ID !== root.ID).map((old) => this.#rotatedOut(old));
      await this.#setRoots([...others, root]);
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
      const old = this.#stored();
      if (wanted.State !== null && !isDeepStrictEqual({ ...wanted.State }, { ...old.State })) throw readOnlyState();
      const Config = make(CAConfiguration, { ...wanted, State: old.State, ClusterID: old.ClusterID });
      if (isSame(Config, old)) return;
      if (wanted.ModifyIndex !== 0 && wanted.ModifyIndex !== old.ModifyIndex) throw conflict();
      demandProvider(wanted);
      await this.#noteDefaults(old);
      Config.ModifyIndex = this.#stored().ModifyIndex;
      const settings = configured(Config);
      const before = this.#signerNow();
      const provider = await refusing(() => ensureProvider(this.#context, settings, old.ClusterID));
      const root = rootRecord(provider.RootCert, old.ClusterID);
      const { roots, active, index } = this.#roots();
      if (active?.ID === root.ID) {
        if ((await proposeCa(this.#context, { Op: 'set-config', Config })) !== true) throw conflict();
        return;
      }
      const serial = await nextSerial(this.#context);
      const signer = signerFor(provider);
      const bridge = crossSign(signer.certificate, before, serial, this.#context.runtime.clock.wallMs());
      const others = roots.filter(({ ID }) => ID !== root.ID).map((one) => this.#rotatedOut(one));
      const Roots = [...others, { ...root, IntermediateCerts: [bridge] }];
      const done = await proposeCa(this.#context, { Op: 'set-roots-config', Index: index, Roots, Config });
      if (done !== true) throw new RpcError('could not atomically update roots and config');
      // The old key has no more use: what it signed stays valid by its certificate.
      const ProviderState = this.#context.store.state.tables.caProviders.get(providerId(configured(old)));
      if (ProviderState !== undefined) await proposeCa(this.#context, { Op: 'delete-provider-state', ProviderState });
      this.#context.logger
        .named('connect')
        .info('CA rotated to new root under provider', { provider: wanted.Provider });
    });
  }

  /** The certificate of a service or agent of this datacenter. @throws RpcError */
  async sign(csrPem: string): Promise<IssuedCert> {
    const csr = readCsr(csrPem);
    const identity = identityOf(csr);
    const stored = this.#stored();
    this.#demandOurs(identity, stored.ClusterID);
    const settings = configured(stored);
    await this.#pace.take(settings.CSRMaxPerSecond);
    const serial = await nextSerial(this.#context);
    const signer = this.#signerNow();
    const wallMs = this.#context.runtime.clock.wallMs();
    const leaf = signLeaf(csr, identity, signer, { serial, ttlMs: nsToMs(settings.LeafCertTTL), wallMs });
    const bridges = this.#roots().active?.IntermediateCerts ?? [];
    const { datacenter } = this.#context.config;
    const index = await this.#context.propose(
      'connectCALeaf',
      make(CALeafRequest, { Op: 'increment-index', Datacenter: datacenter }),
    );
    return issued(identity, [leaf, ...bridges], serial, Number(index));
  }

  /** The authority of a secondary datacenter. PEM. @throws RpcError */
  async signIntermediate(csrPem: string): Promise<string> {
    const csr = readCsr(csrPem);
    const stored = this.#stored();
    const identity = parseIdentity(csr.altNames.uris[0] ?? '');
    const trustDomain = trustDomainOf(stored.ClusterID);
    if (identity?.kind !== 'authority' || identity.trustDomain !== trustDomain) {
      throw new RpcError(`error signing intermediate: SPIFFE ID is not that of ${trustDomain}`);
    }
    const serial = await nextSerial(this.#context);
    const ttlMs = nsToMs(configured(stored).IntermediateCertTTL);
    return signIntermediate(csr, this.#signerNow(), { serial, ttlMs, wallMs: this.#context.runtime.clock.wallMs() });
  }

  /** Forgets roots that were rotated out long ago. */
  prune(): Promise<void> {
    return this.#inTurn(async () => {
      const stored = this.#context.store.state.tables.caConfig.get('');
      if (stored === undefined) return;
      const ageMs = 2 * nsToMs(configured(stored).LeafCertTTL);
      const nowMs = this.#context.runtime.clock.wallMs();
      const isOver = ({ Active, RotatedOutAt }: CARoot): boolean =>
        !Active && Date.parse(RotatedOutAt) > 0 && Date.parse(RotatedOutAt) + ageMs <= nowMs;
      const { roots } = this.#roots();
      const left = roots.filter((root) => !isOver(root));
      if (left.length < roots.length) await this.#setRoots(left);
    });
  }

  #stored(): CAConfiguration {
    const stored = this.#context.store.state.tables.caConfig.get('');
    if (stored === undefined) throw notYet();
    return stored;
  }

  #roots(): { readonly roots: readonly CARoot[]; readonly active: CARoot | undefined; readonly index: number } {
    const { store } = this.#context;
    const { roots } = readCaRoots(store.state, watchNothing);
    const index = store.state.indexes.get('connect-ca-roots') ?? 0;
    return { roots, active: roots.find(({ Active }) => Active), index };
  }

  async #setRoots(Roots: CARoot[]): Promise<void> {
    const done = await proposeCa(this.#context, { Op: 'set-roots', Index: this.#roots().index, Roots });
    if (done !== true) throw new RpcError('could not atomically update roots');
  }

  #rotatedOut(root: CARoot): CARoot {
    if (!root.Active) return root;
    const RotatedOutAt = instant(new Date(Math.floor(this.#context.runtime.clock.wallMs() / 1000) * 1000));
    return { ...root, Active: false, RotatedOutAt };
  }

  /** A lifetime that was left to us is written down before it may change: certificates were issued with it. */
  async #noteDefaults(old: CAConfiguration): Promise<void> {
    if (old.Config?.['IntermediateCertTTL'] !== undefined) return;
    const IntermediateCertTTL = formatDuration(configured(old).IntermediateCertTTL);
    const Config = { ...old, Config: dictOf(Object.entries({ ...old.Config, IntermediateCertTTL })), ModifyIndex: 0 };
    await proposeCa(this.#context, { Op: 'set-config', Config });
  }

  #signerNow(): Signer {
    const { tables } = this.#context.store.state;
    const settings = configured(this.#stored());
    const provider = tables.caProviders.get(providerId(settings));
    if (provider === undefined || provider.RootCert === '') throw notYet();
    if (this.#signer?.id !== provider.ID || this.#signer.index !== provider.ModifyIndex) {
      this.#signer = { id: provider.ID, index: provider.ModifyIndex, signer: signerFor(provider) };
    }
    return this.#signer.signer;
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

const notYet = (): RpcError => new RpcError('CA is uninitialized and unable to sign certificates yet');
const conflict = (): RpcError => new RpcError('ModifyIndex did not match existing');

/** What the state of a provider is refused with when somebody would change it; the API makes a bad request of it. */
export const readOnlyState = (): RpcError =>
  new RpcError('Provider State is read-only. It must be omitted or identical to the current value');

/** @throws RpcError for a provider that there is not, or not yet */
function demandProvider({ Provider, Config }: CAConfiguration): void {
  switch (Provider) {
    case 'consul':
      return;
    case 'vault':
      if (!Config?.['Token']) throw new RpcError('error configuring provider: must provide a Vault token');
      throw new RpcError('error configuring provider: the Vault provider is not supported yet');
    case 'aws-pca':
      throw new RpcError('error configuring provider: the aws-pca provider is not supported yet');
    default:
      throw new RpcError(`could not initialize provider: unknown CA provider ${goQuote(Provider)}`);
  }
}

function configured({ Config }: CAConfiguration): BuiltInConfig {
  try {
    return readCaConfig(Config ?? {});
  } catch (error) {
    if (error instanceof CaConfigError) throw new RpcError(`error configuring provider: ${error.message}`);
    throw error;
  }
}

async function refusing<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CaConfigError) throw new RpcError(error.message);
    throw error;
  }
}

/** Apart from indexes: nothing would change. */
const isSame = (a: CAConfiguration, b: CAConfiguration): boolean =>
  a.Provider === b.Provider &&
  a.ForceWithoutCrossSigning === b.ForceWithoutCrossSigning &&
  isDeepStrictEqual({ ...a.Config }, { ...b.Config });

function issued(
  identity: ServiceIdentity | AgentIdentity,
  chain: readonly string[],
  serial: bigint,
  index: number,
): IssuedCert {
  const { notBefore, notAfter } = parseCertificate(chain[0]!);
  const uri = formatIdentity(identity);
  return make(IssuedCert, {
    SerialNumber: serialText(serial),
    CertPEM: chain.join(''),
    ...(identity.kind === 'service'
      ? { Service: identity.service, ServiceURI: uri }
      : { Agent: identity.node, AgentURI: uri }),
    ValidAfter: instant(notBefore),
    ValidBefore: instant(notAfter),
    CreateIndex: index,
    ModifyIndex: index,
  });
}
