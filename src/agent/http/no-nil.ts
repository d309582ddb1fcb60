/** Lists of tags are shown as empty where the store has none: clients count on that. Copies what it has to change. Pure. */
import type {
  CheckServiceNode,
  HealthCheck,
  NodeService,
  NodeServiceList,
  NodeServices,
  ServiceNode,
} from '../../structs/catalog.ts';

type Nullable<T> = readonly T[] | null;

const each = <T>(list: Nullable<T>, fix: (item: T) => T): T[] => (list ?? []).map(fix);

const check = (one: HealthCheck): HealthCheck => (one.ServiceTags === null ? { ...one, ServiceTags: [] } : one);
const service = (one: NodeService): NodeService => (one.Tags === null ? { ...one, Tags: [] } : one);

export const checksShown = (list: Nullable<HealthCheck>): HealthCheck[] => each(list, check);

export const instancesShown = (list: Nullable<CheckServiceNode>): CheckServiceNode[] =>
  each(list, ({ Node, Service, Checks }) => ({
    Node,
    Service: Service === null ? null : service(Service),
    Checks: each(Checks, check),
  }));

export const serviceNodesShown = (list: Nullable<ServiceNode>): ServiceNode[] =>
  each(list, (one) =>
    one.ServiceTags === null || one.ServiceMeta === null
      ? { ...one, ServiceTags: one.ServiceTags ?? [], ServiceMeta: one.ServiceMeta ?? {} }
      : one,
  );

export function nodeServicesShown(found: NodeServices | null): NodeServices | null {
  if (found?.Services == null) return found;
  const shown: Record<string, NodeService> = Object.create(null);
  for (const id of Object.keys(found.Services)) shown[id] = service(found.Services[id]!);
  return { Node: found.Node, Services: shown };
}

export const nodeServiceListShown = ({ Node, Services }: NodeServiceList): NodeServiceList => ({
  Node,
  Services: Services === null ? null : each(Services, service),
});
