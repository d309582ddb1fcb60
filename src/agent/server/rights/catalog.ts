/** Rights of the catalog, health, coordinates and the dumps of the web UI. */
import type { CheckServiceNode, HealthCheck, RegisterRequest } from '../../../structs/catalog.ts';
import type { NodeInfo } from '../../../structs/ui.ts';
import type { Authorizer } from '../../acl/authorizer.ts';
import { RpcError } from '../../errors.ts';
import { nodeKey, onNode } from '../../state/schema.ts';
import { serviceOf } from './kv.ts';
import type { Permit, Rights } from './permit.ts';

const mayReadNode = (authorizer: Authorizer, node: string): boolean => authorizer.allows('node', 'read', node);
const mayReadService = (authorizer: Authorizer, service: string): boolean =>
  service === '' || authorizer.allows('service', 'read', service);
const mayRead = (authorizer: Authorizer, node: string, service: string): boolean =>
  mayReadNode(authorizer, node) && mayReadService(authorizer, service);

export const visibleInstances = (authorizer: Authorizer, nodes: CheckServiceNode[] | null): CheckServiceNode[] | null =>
  nodes?.filter(({ Node, Service }) => mayRead(authorizer, Node?.Node ?? '', Service?.Service ?? '')) ?? null;

function checks<R extends { HealthChecks: HealthCheck[] | null }>(authorizer: Authorizer, reply: R): R {
  const HealthChecks =
    reply.HealthChecks?.filter((check) => mayRead(authorizer, check.Node, check.ServiceName)) ?? null;
  return { ...reply, HealthChecks };
}

function dump<R extends { Dump: NodeInfo[] | null }>(authorizer: Authorizer, reply: R): R {
  const nodes = (reply.Dump ?? []).filter(({ Node }) => mayReadNode(authorizer, Node));
  const Dump = nodes.map((node) => ({
    ...node,
    Services: node.Services?.filter(({ Service }) => mayReadService(authorizer, Service)) ?? null,
    Checks: node.Checks?.filter(({ ServiceName }) => mayReadService(authorizer, ServiceName)) ?? null,
  }));
  return { ...reply, Dump };
}

/** What a registration changes has to be the caller's to change. */
function checkRegistration(permit: Permit, request: Partial<RegisterRequest>): void {
  const { Node: node = '', Service: service = null } = request;
  if (changesNode(permit, request)) permit.demand('node', 'write', node);
  if (service !== null) {
    permit.demand('service', 'write', service.Service);
    const other = serviceOf(permit.state, node, service.ID || service.Service);
    if (other !== undefined) permit.demand('service', 'write', other);
  }
  const all = [...(request.Checks ?? []), ...(request.Check ? [request.Check] : [])];
  for (const check of all) {
    if (check.ServiceID === '') {
      permit.demand('node', 'write', check.Node || node);
      continue;
    }
    if (service !== null && (service.ID || service.Service) === check.ServiceID) continue;
    const of = serviceOf(permit.state, node, check.ServiceID);
    if (of === undefined) {
      throw new RpcError(`Unknown service '${check.ServiceID}' for check '${check.CheckID || check.Name}'`);
    }
    permit.demand('service', 'write', of);
  }
}

const sameMap = (a: Record<string, string> | null | undefined, b: Record<string, string> | null): boolean => {
  const names = Object.keys(a ?? {});
  return names.length === Object.keys(b ?? {}).length && names.every((name) => a?.[name] === b?.[name]);
};

function changesNode(permit: Permit, request: Partial<RegisterRequest>): boolean {
  const stored = permit.state.tables.nodes.get(nodeKey(request.Node ?? ''));
  if (stored === undefined) return true;
  if (request.SkipNodeUpdate) return false;
  return (
    (request.ID ?? '') !== stored.ID ||
    request.Node !== stored.Node ||
    (request.Address ?? '') !== stored.Address ||
    !sameMap(request.TaggedAddresses, stored.TaggedAddresses) ||
    !sameMap(request.NodeMeta, stored.Meta)
  );
}

export const catalogRights: Rights<
  | 'Catalog.Deregister'
  | 'Catalog.GatewayServices'
  | 'Catalog.ListDatacenters'
  | 'Catalog.ListNodes'
  | 'Catalog.ListServices'
  | 'Catalog.NodeServiceList'
  | 'Catalog.NodeServices'
  | 'Catalog.Register'
  | 'Catalog.ServiceList'
  | 'Catalog.ServiceNodes'
  | 'Coordinate.ListDatacenters'
  | 'Coordinate.ListNodes'
  | 'Coordinate.Node'
  | 'Coordinate.Update'
  | 'Health.ChecksInState'
  | 'Health.NodeChecks'
  | 'Health.ServiceChecks'
  | 'Health.ServiceNodes'
  | 'Internal.NodeDump'
  | 'Internal.NodeInfo'
  | 'Internal.ServiceDump'
> = {
  'Catalog.Register': { check: checkRegistration },
  'Catalog.Deregister': {
    check(permit, { Node = '', ServiceID = '', CheckID = '' }) {
      // So that an agent can clean up after services whose tokens are gone.
      if (permit.allows('node', 'write', Node)) return;
      const check = CheckID === '' ? undefined : permit.state.tables.checks.get(onNode(Node, CheckID));
      const service =
        ServiceID !== '' ? serviceOf(permit.state, Node, ServiceID) : check === undefined ? '' : check.ServiceName;
      if (service === undefined) throw new RpcError(`Unknown service '${ServiceID}'`);
      if (service === '') permit.demand('node', 'write', Node);
      else permit.demand('service', 'write', service);
    },
  },
  'Catalog.GatewayServices': {
    check: (permit, { ServiceName = '' }) => permit.demand('service', 'read', ServiceName),
    filter: (authorizer, reply) => ({
      ...reply,
      Services: (reply.Services ?? []).filter(({ Service }) => mayReadService(authorizer, Service.Name)),
    }),
  },
  'Catalog.ListDatacenters': 'public',
  'Catalog.ListNodes': {
    filter: (authorizer, reply) => ({
      ...reply,
      Nodes: reply.Nodes?.filter(({ Node }) => mayReadNode(authorizer, Node)) ?? null,
    }),
  },
  'Catalog.ListServices': {
    filter: (authorizer, reply) => ({
      ...reply,
      Services: Object.fromEntries(
        Object.entries(reply.Services ?? {}).filter(([name]) => mayReadService(authorizer, name)),
      ),
    }),
  },
  'Catalog.NodeServiceList': {
    filter(authorizer, reply) {
      const { Node, Services } = reply.NodeServices;
      if (Node === null || !mayReadNode(authorizer, Node.Node)) {
        return { ...reply, NodeServices: { Node: null, Services: null } };
      }
      const visible = Services?.filter(({ Service }) => mayReadService(authorizer, Service)) ?? null;
      return { ...reply, NodeServices: { Node, Services: visible } };
    },
  },
  'Catalog.NodeServices': {
    filter(authorizer, reply) {
      const node = reply.NodeServices?.Node ?? null;
      if (reply.NodeServices === null || node === null || !mayReadNode(authorizer, node.Node)) {
        return { ...reply, NodeServices: null };
      }
      // By the id of the instance and not by the service's name, as Consul 1.10 does here and nowhere else.
      const visible = Object.entries(reply.NodeServices.Services ?? {}).filter(([id]) =>
        mayReadService(authorizer, id),
      );
      return { ...reply, NodeServices: { Node: node, Services: Object.fromEntries(visible) } };
    },
  },
  'Catalog.ServiceList': {
    filter: (authorizer, reply) => ({
      ...reply,
      Services: reply.Services?.filter(({ Name }) => mayReadService(authorizer, Name)) ?? null,
    }),
  },
  'Catalog.ServiceNodes': {
    filter: (authorizer, reply) => ({
      ...reply,
      ServiceNodes: reply.ServiceNodes?.filter((one) => mayRead(authorizer, one.Node, one.ServiceName)) ?? null,
    }),
  },
  'Coordinate.ListDatacenters': 'public',
  'Coordinate.ListNodes': {
    filter: (authorizer, reply) => ({
      ...reply,
      Coordinates: reply.Coordinates?.filter(({ Node }) => mayReadNode(authorizer, Node)) ?? null,
    }),
  },
  'Coordinate.Node': { check: (permit, { Node = '' }) => permit.demand('node', 'read', Node) },
  'Coordinate.Update': { check: (permit, { Node = '' }) => permit.demand('node', 'write', Node) },
  'Health.ChecksInState': { filter: checks },
  'Health.NodeChecks': { filter: checks },
  'Health.ServiceChecks': { filter: checks },
  'Health.ServiceNodes': {
    filter: (authorizer, reply) => ({ ...reply, Nodes: visibleInstances(authorizer, reply.Nodes) }),
  },
  'Internal.NodeDump': { filter: dump },
  'Internal.NodeInfo': { filter: dump },
  'Internal.ServiceDump': {
    filter: (authorizer, reply) => ({
      ...reply,
      Nodes: visibleInstances(authorizer, reply.Nodes),
      Gateways: reply.Gateways?.filter(({ Service }) => mayReadService(authorizer, Service.Name)) ?? null,
    }),
  },
};
