/**
 * What the dashboard needs to know of a datacenter: reads that are asked for again and again, and watches that report
 * when something changed. The models are written against this; `client-source.ts` fills it from the API client.
 */

/** Why a read failed, as far as a person at the screen can do something about it. */
export type FailureKind = 'denied' | 'unavailable' | 'missing' | 'refused';

export interface Failure {
  /** `denied`: the token may not; `missing`: this agent has no such endpoint; `refused`: any other error answer. */
  readonly kind: FailureKind;
  readonly message: string;
}

/** Thrown by every read of a source that did not bring an answer. */
export class SourceError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = 'SourceError';
    this.failure = failure;
  }
}

/** A watch reports values and the failures between them; it goes on by itself until its signal is aborted. */
export type WatchEvent<T> =
  | {
      readonly kind: 'value';
      readonly value: T;
      readonly index: number;
      /** False when the answering server knew no leader: the value may be old. */
      readonly knownLeader: boolean;
    }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly retryInMs: number };

export type Watch<T> = AsyncIterable<WatchEvent<T>>;

export interface AgentSelf {
  readonly datacenter: string;
  readonly nodeName: string;
  readonly nodeId: string;
  readonly version: string;
  readonly server: boolean;
  /** `Stats` as the agent gives it: groups of strings (`raft.commit_index`). Empty without the right to read it. */
  readonly stats: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export type MemberStatus = 'alive' | 'leaving' | 'left' | 'failed' | 'none';

export interface Member {
  readonly name: string;
  /** `host:port` of its gossip. */
  readonly address: string;
  readonly status: MemberStatus;
  readonly tags: Readonly<Record<string, string>>;
  readonly protocol: number;
}

/** One aggregate of the agent's in-memory metrics. */
export interface Metrics {
  /** The interval the numbers are of; unchanged while an interval is not complete. */
  readonly timestamp: string;
  readonly gauges: readonly { readonly name: string; readonly value: number }[];
  readonly counters: readonly MetricSample[];
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  readonly mean: number;
}

export interface RaftServer {
  readonly id: string;
  readonly node: string;
  readonly address: string;
  readonly leader: boolean;
  readonly voter: boolean;
}

export interface ServerHealth {
  readonly id: string;
  readonly healthy: boolean;
  readonly lastIndex: number;
  readonly lastTerm: number;
  /** Time since the leader heard of it, as the agent prints it (`12.5ms`). */
  readonly lastContact: string;
  /** RFC 3339. */
  readonly stableSince: string;
}

export type CheckStatus = 'passing' | 'warning' | 'critical' | 'maintenance';

export interface Check {
  readonly node: string;
  readonly checkId: string;
  readonly name: string;
  readonly status: CheckStatus;
  readonly serviceName: string;
  readonly output: string;
}

export interface KvEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Unsigned 64 bits, hence text. */
  readonly flags: string;
  /** Session that holds the key; empty for none. */
  readonly session: string;
  readonly lockIndex: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface Session {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly behavior: string;
  /** As given at its creation (`30s`); empty for none. */
  readonly ttl: string;
  readonly lockDelayMs: number;
  readonly checks: readonly string[];
  readonly createIndex: number;
}

export const logLevels = ['trace', 'debug', 'info', 'warn', 'err'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface Source {
  /** Where the agent answers, for the header. */
  readonly address: string;

  readSelf(signal: AbortSignal): Promise<AgentSelf>;
  readMembers(signal: AbortSignal): Promise<readonly Member[]>;
  /** `host:port` of the leader; empty for none. */
  readLeader(signal: AbortSignal): Promise<string>;
  readMetrics(signal: AbortSignal): Promise<Metrics>;
  readRaftServers(signal: AbortSignal): Promise<readonly RaftServer[]>;
  readServerHealth(signal: AbortSignal): Promise<readonly ServerHealth[]>;
  /** Every key name below `prefix`, without values. */
  readKeys(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Every entry below `prefix`, with values. */
  readEntries(prefix: string, signal: AbortSignal): Promise<readonly KvEntry[]>;
  /** Service names with their tags. */
  readServices(signal: AbortSignal): Promise<Readonly<Record<string, readonly string[]>>>;
  readChecks(signal: AbortSignal): Promise<readonly Check[]>;

  watchServices(signal: AbortSignal): Watch<Readonly<Record<string, readonly string[]>>>;
  watchChecks(signal: AbortSignal): Watch<readonly Check[]>;
  /** Keys and folders (ending in `/`) directly below `prefix`, as full names in key order. */
  watchFolder(prefix: string, signal: AbortSignal): Watch<readonly string[]>;
  /** `undefined` while there is no such key. */
  watchKey(key: string, signal: AbortSignal): Watch<KvEntry | undefined>;
  watchEntries(prefix: string, signal: AbortSignal): Watch<readonly KvEntry[]>;
  watchSessions(signal: AbortSignal): Watch<readonly Session[]>;

  /** Lines of the agent's log from now on; ends when the agent closes the stream. */
  monitor(level: LogLevel, signal: AbortSignal): AsyncIterable<string>;
}
