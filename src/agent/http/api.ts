/** What handlers are given and what they give back. */
import type { MaybePromise } from '../../lib/runtime.ts';
import type { AgentTokens } from '../acl/agent-tokens.ts';
import type { LocalAcl } from '../acl/local-acl.ts';
import type { AgentCache } from '../cache/agent-cache.ts';
import type { Config } from '../config/config.ts';
import type { LeafCerts } from '../connect/leaf-certs.ts';
import type { UserEvents } from '../events/user-events.ts';
import type { Member } from '../gossip/member.ts';
import type { Coordinate } from '../gossip/serf/core/coordinate.ts';
import type { Registry } from '../local/registry.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { Snapshots } from '../rpc/snapshot-stream.ts';
import type { Logger, LogLevel } from '../telemetry/api.ts';
import type { HttpAnswer } from './answer.ts';
import type { ApiRequest } from './api-request.ts';

/** The agent around the API, as far as requests can see and move it. */
export interface AgentFace {
  readonly nodeId: string;
  /** The Consul version that is announced, and a word on the build. */
  readonly version: string;
  readonly revision: string;
  wallMs(): number;
  /** This node first. */
  members(): readonly Member[];
  wanMembers(): readonly Member[];
  /** Where this node is in the network, by the measure of the LAN pool. */
  coordinate(): Coordinate;
  /** The configuration in force, secrets hidden. */
  debugConfig(): Readonly<Record<string, unknown>>;
  /** Sections of `Stats` in agent/self, every figure a text. */
  stats(): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Body of agent/metrics. */
  metricsJson(): unknown;
  /** Null when Prometheus is off. */
  prometheusText(): string | null;
  /** Log lines of at least this level from now on, until the signal aborts. */
  logLines(level: LogLevel, json: boolean, signal: AbortSignal): AsyncIterable<string>;
  /** Rejects with what is wrong in the new configuration; nothing has changed then. */
  reload(): Promise<void>;
  /** Leaves the cluster; the process ends soon after. */
  leave(): Promise<void>;
  /** Rejects with Consul's text when no contact was made. */
  join(address: string, wan: boolean): Promise<void>;
  /** @throws RpcError when there is no such member */
  forceLeave(name: string, prune: boolean): void;
  readonly snapshots: Snapshots;
}

export interface Api {
  readonly rpc: RpcCaller;
  /** Answers kept for `?cached`. */
  readonly cache: AgentCache;
  /** Certificates of services in the mesh. */
  readonly leaves: LeafCerts;
  readonly config: Config;
  readonly agent: AgentFace;
  /** Services and checks of this agent. */
  readonly local: Registry;
  readonly events: UserEvents;
  /** Null while ACLs are off. */
  readonly acl: LocalAcl | null;
  /** The agent's own. */
  readonly tokens: AgentTokens;
  readonly log: Logger;
}

/** Throws or rejects with an RpcError for everything that is answered by a text. */
export type Handler = (request: ApiRequest, api: Api) => MaybePromise<HttpAnswer>;

export interface Route {
  /** As in Go's ServeMux: with a trailing slash it takes everything below. */
  readonly path: string;
  readonly methods: readonly string[];
  readonly handler: Handler;
  /** The handler looks at the method itself. */
  readonly ownMethods?: true;
  /** Without the headers that every endpoint of the API has. */
  readonly outsideApi?: true;
}
