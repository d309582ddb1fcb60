/**
 * Tells the primary by which gateways this datacenter can be reached: the federation state of this datacenter follows the mesh
 * gateways in the catalog that are meant for the WAN.
 */
import type { CheckServiceNode } from '../../../structs/catalog.ts';
import type { FederationState } from '../../../structs/federation.ts';
import { zeroTime } from '../../../structs/make.ts';
import { equal } from '../../state/equal.ts';
import { fold, nodeKey, onNode } from '../../state/schema.ts';
import type { State } from '../../state/store.ts';
import type { ServerContext } from '../context.ts';

export const reportIntervalMs = 1_000;
/** The first time: a new datacenter has its state from the beginning. */
export const firstReportMs = 50;
export const statePruneIntervalMs = 3600_000;
/** The same is not sent again earlier: a secondary sees its own state only after it came back from the primary. */
const repeatMs = 10_000;

/** Gateways that say so in their metadata. */
function wanGateways({ tables }: State): CheckServiceNode[] {
  return tables.services
    .by('kind', 'mesh-gateway')
    .filter(({ Service }) => Service.Meta?.['consul-wan-federation'] === '1')
    .map(({ Node, Service }) => ({
      Node: tables.nodes.get(nodeKey(Node)) ?? null,
      Service,
      Checks: [
        ...tables.checks.by('instance', onNode(Node, '')),
        ...tables.checks.by('instance', onNode(Node, Service.ID)),
      ],
    }));
}

/** One term of leadership. */
export class MeshGatewayReporter {
  readonly #context: ServerContext;
  /** Of the tables when the stored state was last found true. */
  #settled = '';
  #sent: readonly CheckServiceNode[] | null = null;
  #againMs = 0;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** Costs nothing while nothing has changed. Rejects when the primary could not be told. */
  async report(): Promise<void> {
    const { config, store, runtime } = this.#context;
    const { indexes, tables } = store.state;
    const tablesAt = ['nodes', 'services', 'checks', 'federation-states'].map((table) => indexes.get(table)).join();
    if (tablesAt === this.#settled) return;
    const gateways = wanGateways(store.state);
    const stored = tables.federationStates.get(fold(config.datacenter));
    if (stored !== undefined && equal(stored.MeshGateways ?? [], gateways)) {
      this.#settled = tablesAt;
      this.#sent = null;
      return;
    }
    const nowMs = runtime.clock.nowMs();
    if (this.#sent !== null && nowMs < this.#againMs && equal(this.#sent, gateways)) return;
    this.#sent = gateways;
    this.#againMs = nowMs + repeatMs;
    await this.#apply('upsert', { ...nothing, Datacenter: config.datacenter, MeshGateways: gateways });
  }

  /** In the primary: forgets the states of datacenters that are no more. */
  async prune(): Promise<void> {
    const { config, store, datacenters } = this.#context;
    if (config.primaryDatacenter !== config.datacenter) return;
    const known = new Set(datacenters().map(fold));
    for (const state of store.state.tables.federationStates.rows.values()) {
      if (!known.has(fold(state.Datacenter))) await this.#apply('delete', state);
    }
  }

  async #apply(Op: 'upsert' | 'delete', State: FederationState): Promise<void> {
    const { config, propose, askPrimary, tokens, runtime } = this.#context;
    const primary = config.primaryDatacenter;
    if (primary === config.datacenter) {
      const UpdatedAt = new Date(runtime.clock.wallMs()).toISOString();
      const state = { ...State, UpdatedAt, PrimaryModifyIndex: 0 };
      await propose('federationState', { Datacenter: primary, Op, State: state, Token: '' });
    } else {
      const request = { Datacenter: primary, Op, State, Token: tokens.replication };
      await askPrimary('FederationState.Apply', request, undefined);
    }
  }
}

const nothing: FederationState = {
  Datacenter: '',
  MeshGateways: null,
  UpdatedAt: zeroTime,
  PrimaryModifyIndex: 0,
  CreateIndex: 0,
  ModifyIndex: 0,
};
