/** The stream of changes to services: requests and events, and how they travel in Protocol Buffers (wire facts of port 8300, section 8). */
import { type FieldNumbers, messageCodec } from '../lib/protobuf/message.ts';
import {
  CheckServiceNode,
  ConnectProxyConfig,
  ExposeConfig,
  ExposePath,
  HealthCheck,
  HealthCheckDefinition,
  MeshGatewayConfig,
  Node,
  NodeService,
  ServiceAddress,
  ServiceConnect,
  TransparentProxyConfig,
  Upstream,
  Weights,
} from './catalog.ts';
import { bool, type Infer, int64, type Kind, lazy, ptr, type Schema, slice, str, struct, u64 } from './schema.ts';

/** What is followed: the instances of a service, or what makes it reachable in the mesh. */
export const topics = { serviceHealth: 1, serviceHealthConnect: 2 } as const;

export const SubscribeRequest = struct('SubscribeRequest', {
  Topic: int64,
  /** Name of the service. */
  Key: str,
  Token: str,
  /** Of the last event that is known already; 0 = none is. */
  Index: u64,
  Datacenter: str,
  Namespace: str,
});
export type SubscribeRequest = Infer<typeof SubscribeRequest>;

export const updateOps = { register: 0, deregister: 1 } as const;

export const ServiceHealthUpdate = struct('ServiceHealthUpdate', {
  Op: int64,
  CheckServiceNode: ptr(CheckServiceNode),
});
export type ServiceHealthUpdate = Infer<typeof ServiceHealthUpdate>;

/** One of its fields besides the index is set. */
export interface Event {
  Index: number;
  EndOfSnapshot: boolean;
  /** What is known does not hold any more: a snapshot comes. */
  NewSnapshotToFollow: boolean;
  EventBatch: EventBatch | null;
  ServiceHealth: ServiceHealthUpdate | null;
}
export const Event: Schema<Event> = struct('Event', {
  Index: u64,
  EndOfSnapshot: bool,
  NewSnapshotToFollow: bool,
  EventBatch: ptr(lazy((): Schema<EventBatch> => EventBatch)),
  ServiceHealth: ptr(ServiceHealthUpdate),
});

export interface EventBatch {
  Events: Event[] | null;
}
export const EventBatch: Schema<EventBatch> = struct('EventBatch', { Events: slice(Event) });

const numbers = new Map<Kind, FieldNumbers>([
  [SubscribeRequest.type, { Topic: 1, Key: 2, Token: 3, Index: 4, Datacenter: 5, Namespace: 6 }],
  [Event.type, { Index: 1, EndOfSnapshot: 2, NewSnapshotToFollow: 3, EventBatch: 4, ServiceHealth: 10 }],
  [EventBatch.type, { Events: 1 }],
  [ServiceHealthUpdate.type, { Op: 1, CheckServiceNode: 2 }],
  [CheckServiceNode.type, { Node: 1, Service: 2, Checks: 3 }],
  [Node.type, { ID: 1, Node: 2, Address: 3, Datacenter: 4, TaggedAddresses: 5, Meta: 6, RaftIndex: 7 }],
  [
    NodeService.type,
    {
      ...{ Kind: 1, ID: 2, Service: 3, Tags: 4, Address: 5, Meta: 6, Port: 7, Weights: 8, EnableTagOverride: 9 },
      ...{ Proxy: 11, Connect: 12, LocallyRegisteredAsSidecar: 13, RaftIndex: 14, TaggedAddresses: 15 },
      ...{ EnterpriseMeta: 16, SocketPath: 17 },
    },
  ],
  [ServiceAddress.type, { Address: 1, Port: 2 }],
  [Weights.type, { Passing: 1, Warning: 2 }],
  [ServiceConnect.type, { Native: 1 }],
  [
    ConnectProxyConfig.type,
    {
      ...{ DestinationServiceName: 1, DestinationServiceID: 2, LocalServiceAddress: 3, LocalServicePort: 4, Config: 5 },
      ...{ Upstreams: 6, MeshGateway: 7, Expose: 8, Mode: 9, TransparentProxy: 10, LocalServiceSocketPath: 11 },
    },
  ],
  [
    Upstream.type,
    {
      ...{ DestinationType: 1, DestinationNamespace: 2, DestinationName: 3, Datacenter: 4, LocalBindAddress: 5 },
      ...{ LocalBindPort: 6, Config: 7, MeshGateway: 8, CentrallyConfigured: 9 },
      ...{ LocalBindSocketPath: 10, LocalBindSocketMode: 11 },
    },
  ],
  [MeshGatewayConfig.type, { Mode: 1 }],
  [TransparentProxyConfig.type, { OutboundListenerPort: 1, DialedDirectly: 2 }],
  [ExposeConfig.type, { Checks: 1, Paths: 2 }],
  [ExposePath.type, { ListenerPort: 1, Path: 2, LocalPathPort: 3, Protocol: 4, ParsedFromCheck: 5 }],
  [
    HealthCheck.type,
    {
      ...{ Node: 1, CheckID: 2, Name: 3, Status: 4, Notes: 5, Output: 6, ServiceID: 7, ServiceName: 8, ServiceTags: 9 },
      ...{ Definition: 10, RaftIndex: 11, Type: 12, EnterpriseMeta: 13, ExposedPort: 14, Interval: 15, Timeout: 16 },
    },
  ],
  [
    HealthCheckDefinition.type,
    {
      ...{ HTTP: 1, TLSSkipVerify: 2, Header: 3, Method: 4, TCP: 5, Interval: 6, Timeout: 7 },
      ...{ DeregisterCriticalServiceAfter: 8, OutputMaxSize: 9, ScriptArgs: 10, DockerContainerID: 11, Shell: 12 },
      ...{ GRPC: 13, GRPCUseTLS: 14, AliasNode: 15, AliasService: 16, TTL: 17, Body: 18, TLSServerName: 19 },
      H2PING: 20,
    },
  ],
]);

export const subscribeRequestCodec = messageCodec(SubscribeRequest, numbers);
export const eventCodec = messageCodec(Event, numbers);
