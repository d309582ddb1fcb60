/** What of the replicated state belongs to the authority, for reading and for changing it. */
import type { CAConfiguration, CAConsulProviderState, CARoot } from '../../../structs/connect.ts';
import { instant, type Signer } from '../../connect/certificates.ts';
import { RpcError } from '../../errors.ts';
import { readCaRoots } from '../../state/connect-ca.ts';
import { watchNothing } from '../../state/watches.ts';
import type { ServerContext } from '../context.ts';
import { configured, notYet } from './configuration.ts';
import { proposeCa, providerId, signerFor } from './provider.ts';

export interface Roots {
  readonly roots: readonly CARoot[];
  readonly active: CARoot | undefined;
  /** Of the last change. */
  readonly index: number;
}

export class CaState {
  readonly #context: ServerContext;
  /** Parsed once for every record; by the record itself, as after a restore another may have its id and its index. */
  readonly #signers = new WeakMap<CAConsulProviderState, Signer>();

  constructor(context: ServerContext) {
    this.#context = context;
  }

  get isPrimary(): boolean {
    const { datacenter, primaryDatacenter } = this.#context.config;
    return datacenter === primaryDatacenter;
  }

  /** @throws RpcError while there is none */
  get config(): CAConfiguration {
    const stored = this.stored;
    if (stored === undefined) throw notYet();
    return stored;
  }

  get stored(): CAConfiguration | undefined {
    return this.#context.store.state.tables.caConfig.get('');
  }

  /** Key and certificate under the configuration in force. */
  get provider(): CAConsulProviderState | undefined {
    return this.#context.store.state.tables.caProviders.get(providerId(configured(this.config), this.isPrimary));
  }

  roots(): Roots {
    const { store } = this.#context;
    const { roots } = readCaRoots(store.state, watchNothing);
    const index = store.state.indexes.get('connect-ca-roots') ?? 0;
    return { roots, active: roots.find(({ Active }) => Active), index };
  }

  async setRoots(Roots: CARoot[]): Promise<void> {
    const done = await proposeCa(this.#context, { Op: 'set-roots', Index: this.roots().index, Roots });
    if (done !== true) throw new RpcError('could not atomically update roots');
  }

  rotatedOut(root: CARoot): CARoot {
    if (!root.Active) return root;
    const RotatedOutAt = instant(new Date(Math.floor(this.#context.runtime.clock.wallMs() / 1000) * 1000));
    return { ...root, Active: false, RotatedOutAt };
  }

  /** @throws RpcError before there is a key and a certificate */
  signer(): Signer {
    const { provider } = this;
    if (provider === undefined || (this.isPrimary ? provider.RootCert : provider.IntermediateCert) === '')
      throw notYet();
    const known = this.#signers.get(provider) ?? signerFor(provider);
    this.#signers.set(provider, known);
    return known;
  }
}
