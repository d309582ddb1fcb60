/** What handlers are given and what they give back. */
import type { MaybePromise } from '../../lib/runtime.ts';
import type { Config } from '../config/config.ts';
import type { SnapshotMeta } from '../raft/api.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { Logger, LogLevel, Metrics } from '../telemetry/api.ts';
import type { HttpAnswer } from './answer.ts';
import type { ApiRequest } from './api-request.ts';
import type { Member } from './member-json.ts';

/** The agent around the API, as far as requests can see and move it. */
export interface AgentFace {
  readonly nodeId: string;
  readonly version: string;
  members(): readonly Member[];
  wanMembers(): readonly Member[];
  /** Sections of `Stats` in agent/self, every figure a text. */
  stats(): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Body of agent/metrics. */
  metricsJson(): unknown;
  prometheusText(): string;
  /** Formatted log lines of at least this level until the signal aborts. */
  logLines(level: LogLevel, json: boolean, signal: AbortSignal): AsyncIterable<string>;
  /** Rejects with the text of what is wrong in the new configuration; nothing has changed then. */
  reload(): Promise<void>;
  /** Leaves the cluster; the process ends soon after. */
  leave(): Promise<void>;
  join(address: string, wan: boolean): Promise<void>;
  forceLeave(node: string): Promise<void>;
  saveSnapshot(
    signal: AbortSignal,
  ): Promise<{ readonly meta: SnapshotMeta; readonly archive: AsyncIterable<Uint8Array> }>;
  restoreSnapshot(archive: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}

export interface Api {
  readonly rpc: RpcCaller;
  readonly config: Config;
  readonly agent: AgentFace;
  readonly log: Logger;
  readonly metrics: Metrics;
}

/** Throws or rejects with an RpcError for everything that is answered by a text. */
export type Handler = (request: ApiRequest, api: Api) => MaybePromise<HttpAnswer>;

export interface Route {
  /** As in Go's ServeMux: with a trailing slash it takes everything below. */
  readonly path: string;
  readonly methods: readonly string[];
  readonly handler: Handler;
}
