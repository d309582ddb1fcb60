/** Shapes of the /v1 API's JSON, in its own spelling. Only what the answers hold, as loose as a real Consul is. */

export interface RaftIndexes {
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface KvPair extends RaftIndexes {
  readonly Key: string;
  /** Chosen by users; a bigint above 2^53. */
  readonly Flags: number | bigint;
  /** Base64, or null for an empty value. */
  readonly Value: string | null;
  readonly LockIndex: number;
  /** Holder of the lock, absent when free. */
  readonly Session?: string;
}

export interface TxnKvOp {
  readonly Verb: string;
  readonly Key: string;
  readonly Value?: string;
  readonly Flags?: number;
  readonly Index?: number;
  readonly Session?: string;
}

export type TxnOp = { readonly KV: TxnKvOp } | Readonly<Record<'Node' | 'Service' | 'Check', unknown>>;

export interface TxnResult {
  readonly Results: readonly { readonly KV?: KvPair }[] | null;
  readonly Errors: readonly { readonly OpIndex: number; readonly What: string }[] | null;
}

export interface SessionEntry extends RaftIndexes {
  readonly ID: string;
  readonly Name: string;
  readonly Node: string;
  /** Nanoseconds. */
  readonly LockDelay: number;
  readonly Behavior: string;
  readonly TTL: string;
  readonly NodeChecks: readonly string[] | null;
  readonly ServiceChecks: readonly unknown[] | null;
}

export interface SessionRequest {
  readonly Name?: string;
  readonly Node?: string;
  readonly LockDelay?: string;
  readonly Behavior?: 'release' | 'delete';
  readonly TTL?: string;
  readonly NodeChecks?: readonly string[];
}

export interface AgentMember {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Tags: Readonly<Record<string, string>>;
  /** 0 none, 1 alive, 2 leaving, 3 left, 4 failed. */
  readonly Status: number;
}

export interface AgentSelf {
  readonly Config: {
    readonly Datacenter: string;
    readonly NodeName: string;
    readonly NodeID: string;
    readonly Server: boolean;
    readonly Version: string;
    readonly Revision: string;
    readonly PrimaryDatacenter?: string;
  };
  readonly DebugConfig?: Readonly<Record<string, unknown>>;
  readonly Member: AgentMember;
  readonly Stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly Meta: Readonly<Record<string, string>> | null;
  readonly Coord?: Coordinate;
}

export interface GaugeValue {
  readonly Name: string;
  readonly Value: number;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface SampledValue {
  readonly Name: string;
  readonly Count: number;
  readonly Rate: number;
  readonly Sum: number;
  readonly Min: number;
  readonly Max: number;
  readonly Mean: number;
  readonly Stddev: number;
  readonly Labels: Readonly<Record<string, string>>;
}

export interface AgentMetrics {
  readonly Timestamp: string;
  readonly Gauges: readonly GaugeValue[];
  readonly Points: readonly { readonly Name: string; readonly Points: readonly number[] }[];
  readonly Counters: readonly SampledValue[];
  readonly Samples: readonly SampledValue[];
}

export interface CatalogNode extends RaftIndexes {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly TaggedAddresses: Readonly<Record<string, string>> | null;
  readonly Meta: Readonly<Record<string, string>> | null;
}

export interface CatalogService extends RaftIndexes {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly ServiceID: string;
  readonly ServiceName: string;
  readonly ServiceTags: readonly string[] | null;
  readonly ServiceAddress: string;
  readonly ServicePort: number;
  readonly TaggedAddresses: Readonly<Record<string, string>> | null;
  readonly NodeMeta: Readonly<Record<string, string>> | null;
  readonly ServiceMeta: Readonly<Record<string, string>> | null;
}

export interface AgentService extends RaftIndexes {
  readonly ID: string;
  readonly Service: string;
  readonly Tags: readonly string[] | null;
  readonly Address: string;
  readonly Port: number;
  readonly Meta: Readonly<Record<string, string>> | null;
}

export interface CatalogNodeServices {
  readonly Node: CatalogNode;
  readonly Services: Readonly<Record<string, AgentService>>;
}

export interface HealthCheck extends RaftIndexes {
  readonly Node: string;
  readonly CheckID: string;
  readonly Name: string;
  readonly Status: string;
  readonly Notes: string;
  readonly Output: string;
  readonly ServiceID: string;
  readonly ServiceName: string;
  readonly ServiceTags: readonly string[] | null;
  readonly Type?: string;
}

export interface ServiceEntry {
  readonly Node: CatalogNode;
  readonly Service: AgentService;
  readonly Checks: readonly HealthCheck[];
}

export interface RaftServer {
  readonly ID: string;
  readonly Node: string;
  readonly Address: string;
  readonly Leader: boolean;
  readonly Voter: boolean;
  readonly ProtocolVersion: string;
}

export interface RaftConfiguration {
  readonly Servers: readonly RaftServer[];
  readonly Index: number;
}

export interface UserEvent {
  readonly ID: string;
  readonly Name: string;
  /** Base64, or null. */
  readonly Payload: string | null;
  readonly NodeFilter: string;
  readonly ServiceFilter: string;
  readonly TagFilter: string;
  readonly Version: number;
  readonly LTime: number;
}

export interface Coordinate {
  readonly Vec: readonly number[];
  readonly Error: number;
  readonly Adjustment: number;
  readonly Height: number;
}

export interface CoordinateEntry {
  readonly Node: string;
  readonly Segment: string;
  readonly Coord: Coordinate;
}

export interface DatacenterCoordinates {
  readonly Datacenter: string;
  readonly AreaID: string;
  readonly Coordinates: readonly CoordinateEntry[];
}
