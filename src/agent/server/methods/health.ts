/** Health.*: checks, and services with the health of their instances. */
import { RpcError } from '../../errors.ts';
import { checksInState, nodeChecks, serviceChecks, serviceHealth } from '../../state/health.ts';
import { type MethodTable, noMeta } from '../context.ts';
import { filterOf, instanceFilter, instanceKey, keyOf } from './catalog.ts';
import { refuseFilter } from './filter.ts';

export const healthMethods: MethodTable = {
  'Health.ChecksInState': {
    kind: 'state',
    key: (args) => keyOf(args.State, filterOf(args.NodeMetaFilters), args.Filter),
    sizeBytes: (reply) => (reply.HealthChecks ?? []).length * 16,
    read(state, watch, args) {
      refuseFilter(args);
      const { index, checks } = checksInState(state, watch, args.State ?? '', filterOf(args.NodeMetaFilters));
      return { index, reply: { HealthChecks: checks, ...noMeta } };
    },
  },
  'Health.NodeChecks': {
    kind: 'state',
    key: (args) => keyOf(args.Node, args.Filter),
    read(state, watch, args) {
      refuseFilter(args);
      const { index, checks } = nodeChecks(state, watch, args.Node ?? '');
      return { index, reply: { HealthChecks: checks, ...noMeta } };
    },
  },
  'Health.ServiceChecks': {
    kind: 'state',
    key: (args) => keyOf(args.ServiceName, filterOf(args.NodeMetaFilters), args.Filter),
    sizeBytes: (reply) => (reply.HealthChecks ?? []).length * 16,
    read(state, watch, args) {
      refuseFilter(args);
      const { index, checks } = serviceChecks(state, watch, args.ServiceName ?? '', filterOf(args.NodeMetaFilters));
      return { index, reply: { HealthChecks: checks, ...noMeta } };
    },
  },
  'Health.ServiceNodes': {
    kind: 'state',
    key: instanceKey,
    sizeBytes: (reply) => (reply.Nodes ?? []).length * 200,
    read(state, watch, args) {
      if (!args.ServiceName) throw new RpcError('Must provide service name');
      refuseFilter(args);
      const filter = instanceFilter(args);
      const { index, instances } = serviceHealth(state, watch, args.ServiceName, args.Connect ?? false, filter);
      return { index, reply: { Nodes: instances, ...noMeta } };
    },
  },
};
