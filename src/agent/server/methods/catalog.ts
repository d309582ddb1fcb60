/** Catalog.*: registering, and reading nodes and services. */
import { type HealthCheck, Node, NodeService, RegisterRequest, ServiceNode } from '../../../structs/catalog.ts';
import type { ServiceSpecificRequest } from '../../../structs/common.ts';
import { make } from '../../../structs/make.ts';
import { RpcError } from '../../errors.ts';
import { filterBy } from '../../filter.ts';
import {
  type InstanceFilter,
  listInstances,
  listInstancesAt,
  listNodes,
  listServiceNames,
  listServices,
  nodeServices,
} from '../../state/catalog.ts';
import { gatewayIndexKey, servicesOfGateway } from '../../state/gateway-services.ts';
import { answer, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import { checkType } from './check-type.ts';
import { nearOf, sortedBy } from './near.ts';
import { nodeFault, serviceFault } from './registration-rules.ts';

function demand(fault: string | null): void {
  if (fault !== null) throw new RpcError(fault);
}

/** Fills in what a registration may leave out, and refuses what it must not say. */
function prepare(context: ServerContext, request: RegisterRequest): RegisterRequest {
  demand(nodeFault(request.Node, request.ID));
  if (request.Address === '' && !request.SkipNodeUpdate) {
    throw new RpcError('Must provide address if SkipNodeUpdate is not set');
  }
  const service = request.Service === null ? null : make(NodeService, request.Service);
  if (service !== null) {
    if (service.ID === '') service.ID = service.Service;
    demand(serviceFault(service));
  }
  const checks = [...(request.Checks ?? [])];
  if (request.Check !== null) checks.push(request.Check);
  return {
    ...request,
    Datacenter: request.Datacenter || context.config.datacenter,
    Service: service,
    Check: null,
    Checks: checks.length === 0 ? null : checks.map((check) => prepareCheck(request.Node, check)),
  };
}

const prepareCheck = (node: string, check: HealthCheck): HealthCheck => ({
  ...check,
  Node: check.Node || node,
  CheckID: check.CheckID || check.Name,
  Type: check.Type || checkType(check.Definition),
});

/** What of a question about a service chooses its instances. */
export function instanceFilter(args: Partial<ServiceSpecificRequest>): InstanceFilter {
  const tags = args.ServiceTags ?? [];
  const asked = tags.length === 0 && args.ServiceTag ? [args.ServiceTag] : tags;
  return {
    nodeMeta: filterOf(args.NodeMetaFilters),
    // Proxies and gateways stand for a service whatever their own tags are.
    tags: args.TagFilter && !args.Connect && !args.Ingress ? asked : [],
    address: args.ServiceAddress ?? '',
  };
}

export const filterOf = (meta: Record<string, string> | null | undefined): Record<string, string> | null =>
  meta === null || meta === undefined || Object.keys(meta).length === 0 ? null : meta;

/** A key for the memory of answers: every part that matters, unambiguously. */
export const keyOf = (...parts: readonly unknown[]): string => JSON.stringify(parts);

export const instanceKey = (args: Partial<ServiceSpecificRequest>): string =>
  keyOf(args.ServiceName, args.Connect, args.Ingress, instanceFilter(args), args.Filter, nearOf(args));

export const catalogMethods: MethodTable = {
  'Catalog.Register': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      const startMs = context.runtime.clock.nowMs();
      await context.propose('register', prepare(context, make(RegisterRequest, args)));
      context.metrics.sample('catalog.register')(context.runtime.clock.nowMs() - startMs);
      return answer({});
    },
  },
  'Catalog.Deregister': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      if (!args.Node) throw new RpcError('Must provide node');
      const startMs = context.runtime.clock.nowMs();
      await context.propose('deregister', {
        Datacenter: args.Datacenter ?? '',
        Node: args.Node,
        ServiceID: args.ServiceID ?? '',
        CheckID: args.CheckID ?? '',
        Token: args.Token ?? '',
      });
      context.metrics.sample('catalog.deregister')(context.runtime.clock.nowMs() - startMs);
      return answer({});
    },
  },
  'Catalog.ListDatacenters': {
    kind: 'procedure',
    by: 'anybody',
    run: ({ datacenters }) => answer([...datacenters()]),
  },
  'Catalog.ListNodes': {
    kind: 'state',
    key: (args) => keyOf(filterOf(args.NodeMetaFilters), args.Filter, nearOf(args)),
    sizeBytes: (reply) => (reply.Nodes ?? []).length * 16,
    read(state, watch, args) {
      const filter = filterBy(Node, args);
      const { index, nodes } = listNodes(state, watch, filterOf(args.NodeMetaFilters));
      return { index, reply: { Nodes: sortedBy(state, watch, args, filter(nodes), (node) => node.Node), ...noMeta } };
    },
  },
  'Catalog.ListServices': {
    kind: 'state',
    key: (args) => keyOf(filterOf(args.NodeMetaFilters)),
    sizeBytes: (reply) => Object.keys(reply.Services ?? {}).length * 200,
    read(state, watch, args) {
      const { index, services } = listServices(state, watch, filterOf(args.NodeMetaFilters));
      return { index, reply: { Services: services, ...noMeta } };
    },
  },
  'Catalog.ServiceList': {
    kind: 'state',
    key: () => '',
    read(state, watch) {
      const { index, names } = listServiceNames(state, watch);
      return { index, reply: { Services: names.map((Name) => ({ Name })), ...noMeta } };
    },
  },
  'Catalog.ServiceNodes': {
    kind: 'state',
    key: instanceKey,
    sizeBytes: (reply) => (reply.ServiceNodes ?? []).length * 300,
    read(state, watch, args) {
      if (!args.ServiceName && args.ServiceAddress) {
        const { index, instances } = listInstancesAt(state, watch, args.ServiceAddress);
        return { index, reply: { ServiceNodes: instances, ...noMeta } };
      }
      if (!args.ServiceName && !args.ServiceKind) throw new RpcError('Must provide service name');
      const keep = filterBy(ServiceNode, args);
      const filter = instanceFilter(args);
      const { index, instances } = listInstances(state, watch, args.ServiceName ?? '', args.Connect ?? false, filter);
      const sorted = sortedBy(state, watch, args, keep(instances), (instance) => instance.Node);
      return { index, reply: { ServiceNodes: sorted, ...noMeta } };
    },
  },
  'Catalog.GatewayServices': {
    kind: 'state',
    key: (args) => args.ServiceName ?? '',
    read(state, watch, { ServiceName = '' }) {
      const services = servicesOfGateway(state, watch, ServiceName);
      return { index: [gatewayIndexKey], reply: { Services: services.length === 0 ? null : services, ...noMeta } };
    },
  },
  'Catalog.NodeServices': {
    kind: 'state',
    key: (args) => keyOf(args.Node, args.Filter),
    read(state, watch, args) {
      if (!args.Node) throw new RpcError('Must provide node');
      const filter = filterBy(NodeService, args);
      const { index, node, services } = nodeServices(state, watch, args.Node);
      const Services = Object.fromEntries(filter(services).map((service) => [service.ID, service]));
      return { index, reply: { NodeServices: node === null ? null : { Node: node, Services }, ...noMeta } };
    },
  },
  'Catalog.NodeServiceList': {
    kind: 'state',
    key: (args) => keyOf(args.Node, args.Filter),
    read(state, watch, args) {
      if (!args.Node) throw new RpcError('Must provide node');
      const filter = filterBy(NodeService, args);
      const { index, node, services } = nodeServices(state, watch, args.Node);
      const Services = node === null ? null : filter(services);
      return { index, reply: { NodeServices: { Node: node, Services }, ...noMeta } };
    },
  },
};
