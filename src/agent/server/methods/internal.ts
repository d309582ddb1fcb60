/** Internal.*: what the web UI reads. */
import { CheckServiceNode } from '../../../structs/catalog.ts';
import { NodeInfo, type ServiceInfo } from '../../../structs/ui.ts';
import { RpcError } from '../../errors.ts';
import { filterBy } from '../../filter.ts';
import { dumpNodes, dumpServices } from '../../state/dump.ts';
import { allGatewayServices, gatewayIndex, servicesOfGateway } from '../../state/gateway-services.ts';
import { serviceHealth } from '../../state/health.ts';
import { matchIntentions } from '../../state/intentions.ts';
import { maxIndex } from '../../state/store.ts';
import { intentionUpstreams, serviceTopology } from '../../state/topology.ts';
import { type MethodTable, noMeta } from '../context.ts';
import { keyOf } from './catalog.ts';

const everyInstance = { nodeMeta: null, tags: [], address: '' } as const;

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
      // What stands behind gateways belongs to the whole picture only.
      const gateways = args.Filter ? [] : allGatewayServices(state, watch);
      const reply = { Nodes: filter(instances), Gateways: gateways, ...noMeta };
      return { index: Math.max(index, gatewayIndex(state)), reply };
    },
  },
  'Internal.GatewayServiceDump': {
    kind: 'state',
    key: (args) => args.ServiceName ?? '',
    read(state, watch, { ServiceName }) {
      if (!ServiceName) throw new RpcError('Must provide gateway name');
      const Dump = servicesOfGateway(state, watch, ServiceName).flatMap((gateway): ServiceInfo[] => {
        const { instances } = serviceHealth(state, watch, gateway.Service.Name, 'service', everyInstance);
        if (instances.length === 0) return [{ Node: null, Service: null, Checks: null, GatewayService: gateway }];
        return instances.map((instance) => ({ ...instance, GatewayService: gateway }));
      });
      const index = Math.max(maxIndex(state, 'nodes', 'services', 'checks'), gatewayIndex(state));
      return { index, reply: { Dump, ...noMeta } };
    },
  },
  'Internal.GatewayIntentions': {
    kind: 'state',
    key: (args) => keyOf(args.Match),
    read(state, watch, { Match }) {
      const names = (Match?.Entries ?? []).map(({ Name }) => Name);
      if (names.length !== 1) throw new RpcError('Expected 1 gateway name');
      const services = servicesOfGateway(state, watch, names[0] as string).map(({ Service }) => Service.Name);
      const found = [...new Set(services)].flatMap(
        (name) => matchIntentions(state, watch, 'destination', name).intentions,
      );
      // Those for all destinations belong to every service.
      const distinct = new Map(found.map((one) => [`${one.SourceName}/${one.DestinationName}`, one]));
      return {
        index: ['config-entries'],
        reply: { Intentions: [...distinct.values()], DataOrigin: 'config', ...noMeta },
      };
    },
  },
  'Internal.ServiceTopology': {
    kind: 'state',
    key: (args) => keyOf(args.ServiceName, args.ServiceKind),
    read(state, watch, { ServiceName, ServiceKind = '' }) {
      if (!ServiceName) throw new RpcError('Must provide a service name');
      const { index, topology } = serviceTopology(state, watch, ServiceName, ServiceKind, true);
      return { index, reply: { ServiceTopology: topology, FilteredByACLs: false, ...noMeta } };
    },
  },
  'Internal.IntentionUpstreams': {
    kind: 'state',
    key: (args) => args.ServiceName ?? '',
    read(state, watch, { ServiceName }) {
      if (!ServiceName) throw new RpcError('Must provide a service name');
      const names = intentionUpstreams(state, watch, ServiceName, true);
      return { index: ['services', 'config-entries'], reply: { Services: names.map((Name) => ({ Name })), ...noMeta } };
    },
  },
};
