/** FederationState.*: the mesh gateways of all datacenters, by which they can be reached. Written in the primary. */
import type { CheckServiceNode } from '../../../structs/catalog.ts';
import { FederationState } from '../../../structs/federation.ts';
import { make } from '../../../structs/make.ts';
import { RpcError } from '../../errors.ts';
import { fold } from '../../state/schema.ts';
import { maxIndex, type State } from '../../state/store.ts';
import type { WatchSet } from '../../state/watches.ts';
import { answer, type MethodTable, noMeta } from '../context.ts';

const topic = 'federation-states';

function all(state: State, watch: WatchSet): { readonly index: number; readonly states: FederationState[] } {
  watch.topic(topic);
  return { index: maxIndex(state, topic), states: state.tables.federationStates.rows.values() };
}

export const federationStateMethods: MethodTable = {
  'FederationState.Apply': {
    kind: 'procedure',
    by: 'leader',
    async run(context, { Op, State, Token = '' }) {
      const { config, runtime, propose } = context;
      if (config.primaryDatacenter !== config.datacenter) throw new RpcError('not the primary datacenter');
      if (!State || State.Datacenter === '') throw new RpcError('invalid request: missing federation state datacenter');
      const given = make(FederationState, State);
      const UpdatedAt = new Date(runtime.clock.wallMs()).toISOString();
      const stored = { ...given, UpdatedAt, PrimaryModifyIndex: 0 };
      const body = { Datacenter: config.datacenter, Op: Op || 'upsert', State: stored, Token };
      return answer((await propose('federationState', body)) === true);
    },
  },
  'FederationState.Get': {
    kind: 'state',
    key: (args) => fold(args.TargetDatacenter ?? ''),
    read(state, watch, { TargetDatacenter = '' }) {
      watch.topic(topic);
      const found = state.tables.federationStates.get(fold(TargetDatacenter)) ?? null;
      const index = maxIndex(state, topic);
      // This one is shown with its index.
      return { index, reply: { State: found, ...noMeta, Index: Math.max(1, index) } };
    },
  },
  'FederationState.List': {
    kind: 'state',
    key: () => '',
    read(state, watch) {
      const { index, states } = all(state, watch);
      return { index, reply: { States: states, ...noMeta } };
    },
  },
  'FederationState.ListMeshGateways': {
    kind: 'state',
    key: () => '',
    read(state, watch) {
      const { index, states } = all(state, watch);
      const DatacenterNodes: Record<string, CheckServiceNode[]> = {};
      for (const { Datacenter, MeshGateways } of states) {
        if (MeshGateways !== null && MeshGateways.length > 0) DatacenterNodes[Datacenter] = MeshGateways;
      }
      return { index, reply: { DatacenterNodes, ...noMeta } };
    },
  },
};
