/** `translate_wan_addrs`: nodes and services of another datacenter are shown by the addresses they have for outsiders. Pure. */
import type { CheckServiceNode, Node, NodeService, ServiceNode } from '../../structs/catalog.ts';
import type { PreparedQueryExecuteResponse } from '../../structs/prepared-query.ts';
import type { MethodName, Reply } from '../rpc/signatures.ts';

const node = <N extends Pick<Node, 'Address' | 'TaggedAddresses'>>(one: N): N => {
  const wan = one.TaggedAddresses?.['wan'];
  return wan ? { ...one, Address: wan } : one;
};

const service = (one: NodeService): NodeService => {
  const wan = one.TaggedAddresses?.['wan'];
  return wan?.Address ? { ...one, Address: wan.Address, Port: wan.Port || one.Port } : one;
};

const serviceNode = (one: ServiceNode): ServiceNode => {
  const wan = one.ServiceTaggedAddresses?.['wan'];
  const translated = node(one);
  if (!wan?.Address) return translated;
  return { ...translated, ServiceAddress: wan.Address, ServicePort: wan.Port || one.ServicePort };
};

const instance = (one: CheckServiceNode): CheckServiceNode => ({
  ...one,
  Node: one.Node === null ? null : node(one.Node),
  Service: one.Service === null ? null : service(one.Service),
});

const each = <T>(list: readonly T[] | null, translate: (one: T) => T): T[] | null => list?.map(translate) ?? null;

type Translators = { readonly [M in MethodName]?: (reply: Reply<M>) => Reply<M> };

const translators: Translators = {
  'Catalog.ListNodes': (reply) => ({ ...reply, Nodes: each(reply.Nodes, node) }),
  'Catalog.ServiceNodes': (reply) => ({ ...reply, ServiceNodes: each(reply.ServiceNodes, serviceNode) }),
  'Catalog.NodeServices': (reply) => {
    const { NodeServices: found } = reply;
    if (found === null) return reply;
    const services = Object.entries(found.Services ?? {}).map(([id, one]) => [id, service(one)] as const);
    const Node = found.Node === null ? null : node(found.Node);
    return { ...reply, NodeServices: { Node, Services: Object.fromEntries(services) } };
  },
  'Catalog.NodeServiceList': (reply) => {
    const { Node, Services } = reply.NodeServices;
    return {
      ...reply,
      NodeServices: { Node: Node === null ? null : node(Node), Services: each(Services, service) },
    };
  },
  'Health.ServiceNodes': (reply) => ({ ...reply, Nodes: each(reply.Nodes, instance) }),
  'PreparedQuery.Execute': (reply: PreparedQueryExecuteResponse) => ({ ...reply, Nodes: each(reply.Nodes, instance) }),
};

/** The very same reply when there is nothing to translate in it. */
export function translated<M extends MethodName>(method: M, reply: Reply<M>): Reply<M> {
  const translate = translators[method] as ((reply: Reply<M>) => Reply<M>) | undefined;
  return translate === undefined ? reply : translate(reply);
}
