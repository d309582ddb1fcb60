/**
 * The body of `PUT /v1/txn`. It is decoded into the types of Consul's API client, not into those of the RPC, and errors
 * name them so. Source: recorded answers of the endpoint.
 */
import { ConnectProxyConfig, HealthCheckDefinition, Node, ServiceAddress, ServiceConnect, Weights } from './catalog.ts';
import { RaftIndex } from './common.ts';
import {
  big64,
  bool,
  bytes,
  type Infer,
  int64,
  json,
  jsonStruct,
  map,
  ptr,
  slice,
  str,
  struct,
  u64,
} from './schema.ts';

export const KVTxnOp = jsonStruct(
  struct('KVTxnOp', { Verb: str, Key: str, Value: bytes, Flags: big64, Index: u64, Session: str }),
  { goType: 'api.KVTxnOp' },
);

export const NodeTxnOp = jsonStruct(struct('NodeTxnOp', { Verb: str, Node: json(Node, { goType: 'api.Node' }) }), {
  goType: 'api.NodeTxnOp',
});

export const AgentService = jsonStruct(
  struct('AgentService', {
    Kind: str,
    ID: str,
    Service: str,
    Tags: slice(str),
    Meta: map(str),
    Port: int64,
    Address: str,
    SocketPath: str,
    TaggedAddresses: map(json(ServiceAddress, { goType: 'api.ServiceAddress' })),
    Weights: json(Weights, { goType: 'api.AgentWeights' }),
    EnableTagOverride: bool,
    ...RaftIndex.type.fields,
    ContentHash: str,
    Proxy: ptr(json(ConnectProxyConfig, { goType: 'api.AgentServiceConnectProxyConfig' })),
    Connect: ptr(json(ServiceConnect, { goType: 'api.AgentServiceConnect' })),
    Datacenter: str,
  }),
  { goType: 'api.AgentService' },
);

export const ServiceTxnOp = jsonStruct(struct('ServiceTxnOp', { Verb: str, Node: str, Service: AgentService }), {
  goType: 'api.ServiceTxnOp',
});

const TxnHealthCheck = jsonStruct(
  struct('HealthCheck', {
    Node: str,
    CheckID: str,
    Name: str,
    Status: str,
    Notes: str,
    Output: str,
    ServiceID: str,
    ServiceName: str,
    ServiceTags: slice(str),
    Type: str,
    Definition: HealthCheckDefinition,
    ...RaftIndex.type.fields,
  }),
  { goType: 'api.HealthCheck' },
);

export const CheckTxnOp = jsonStruct(struct('CheckTxnOp', { Verb: str, Check: TxnHealthCheck }), {
  goType: 'api.CheckTxnOp',
});

export const TxnOpBody = jsonStruct(
  struct('TxnOp', { KV: ptr(KVTxnOp), Node: ptr(NodeTxnOp), Service: ptr(ServiceTxnOp), Check: ptr(CheckTxnOp) }),
  { goType: 'api.TxnOp' },
);
export type TxnOpBody = Infer<typeof TxnOpBody>;

export const TxnOpsBody = json(slice(TxnOpBody), { goType: 'api.TxnOps' });
