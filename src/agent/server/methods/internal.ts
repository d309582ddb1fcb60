/** Internal.*: what the web UI reads. */
import { CheckServiceNode } from '../../../structs/catalog.ts';
import { NodeInfo } from '../../../structs/ui.ts';
import { filterBy } from '../../filter.ts';
import { dumpNodes, dumpServices } from '../../state/dump.ts';
import { type MethodTable, noMeta } from '../context.ts';
import { keyOf } from './catalog.ts';

export const internalMethods: MethodTable = {
  'Internal.NodeInfo': {
    kind: 'state',
    key: (args) => args.Node ?? '',
    read(state, watch, args) {
      const { index, dump } = dumpNodes(state, watch, args.Node ?? '');
      return { index, reply: { Dump: dump.length === 0 ? null : dump, ...noMeta } };
    },
  },
  'Internal.NodeDump': {
    kind: 'state',
    key: (args) => keyOf(args.Filter),
    sizeBytes: (reply) => (reply.Dump ?? []).length * 300,
    read(state, watch, args) {
      const filter = filterBy(NodeInfo, args);
      const { index, dump } = dumpNodes(state, watch, null);
      return { index, reply: { Dump: filter(dump), ...noMeta } };
    },
  },
  'Internal.ServiceDump': {
    kind: 'state',
    key: (args) => keyOf(args.UseServiceKind, args.ServiceKind, args.Filter),
    sizeBytes: (reply) => (reply.Nodes ?? []).length * 200,
    read(state, watch, args) {
      const filter = filterBy(CheckServiceNode, args);
      const { index, instances } = dumpServices(state, watch, args.UseServiceKind ? (args.ServiceKind ?? '') : null);
      return { index, reply: { Nodes: filter(instances), Gateways: null, ...noMeta } };
    },
  },
};
