/** Health.*: checks, and services with the health of their instances. */
import { CheckServiceNode, HealthCheck } from '../../../structs/catalog.ts';
import { RpcError } from '../../errors.ts';
import { filterBy } from '../../filter.ts';
import { checksInState, nodeChecks, serviceChecks, serviceHealth } from '../../state/health.ts';
import { type MethodTable, noMeta } from '../context.ts';
import { filterOf, instanceFilter, instanceKey, keyOf } from './catalog.ts';
import { nearOf, sortedBy } from './near.ts';

const nodeOf = (check: HealthCheck): string => check.Node;

export const healthMethods: MethodTable = {
  'Health.ChecksInState': {
    kind: 'state',
    key: (args) => keyOf(args.State, filterOf(args.NodeMetaFilters), args.Filter, nearOf(args)),
    sizeBytes: (reply) => (reply.HealthChecks ?? []).length * 16,
    read(state, watch, args) {
      const filter = filterBy(HealthCheck, args);
      const { index, checks } = checksInState(state, watch, args.State ?? '', filterOf(args.NodeMetaFilters));
      return { index, reply: { HealthChecks: sortedBy(state, watch, args, filter(checks), nodeOf), ...noMeta } };
    },
  },
  'Health.NodeChecks': {
    kind: 'state',
    key: (args) => keyOf(args.Node, args.Filter),
    read(state, watch, args) {
      const filter = filterBy(HealthCheck, args);
      const { index, checks } = nodeChecks(state, watch, args.Node ?? '');
      return { index, reply: { HealthChecks: filter(checks), ...noMeta } };
    },
  },
  'Health.ServiceChecks': {
    kind: 'state',
    key: (args) => keyOf(args.ServiceName, filterOf(args.NodeMetaFilters), args.Filter, nearOf(args)),
    sizeBytes: (reply) => (reply.HealthChecks ?? []).length * 16,
    read(state, watch, args) {
      const filter = filterBy(HealthCheck, args);
      const { index, checks } = serviceChecks(state, watch, args.ServiceName ?? '', filterOf(args.NodeMetaFilters));
      return { index, reply: { HealthChecks: sortedBy(state, watch, args, filter(checks), nodeOf), ...noMeta } };
    },
  },
  'Health.ServiceNodes': {
    kind: 'state',
    key: instanceKey,
    sizeBytes: (reply) => (reply.Nodes ?? []).length * 200,
    read(state, watch, args) {
      if (!args.ServiceName) throw new RpcError('Must provide service name');
      const keep = filterBy(CheckServiceNode, args);
      const filter = instanceFilter(args);
      const behind = args.Ingress ? 'ingress' : args.Connect ? 'mesh' : 'service';
      const { index, instances } = serviceHealth(state, watch, args.ServiceName, behind, filter);
      const sorted = sortedBy(state, watch, args, keep(instances), ({ Node }) => Node?.Node ?? '');
      return { index, reply: { Nodes: sorted, ...noMeta } };
    },
  },
};
