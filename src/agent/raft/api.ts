/**
 * The face of the consensus engine: what an owner gives it and what it gives back. The engine knows nothing of Consul;
 * entries are bytes, snapshots are byte streams.
 */

import type { ConfigurationChange } from './core/configuration.ts';

/** Raft transport and log entry types (wire/raft, "Log types"). */
export const entryTypes = { command: 0, noop: 1, barrier: 4, configuration: 5 } as const;
export type EntryType = (typeof entryTypes)[keyof typeof entryTypes];

export interface LogEntry {
  readonly index: number;
  readonly term: number;
  readonly type: EntryType;
  readonly data: Uint8Array;
  /** Chunking information of large KV commands; null for ordinary entries. */
  readonly extensions: Uint8Array | null;
  /** Wall-clock milliseconds of the leader at append; 0 = zero time. */
  readonly appendedAtMs: number;
  /**
   * The decoded form of `data` where the proposer had it at hand (leader only, memory only, never persisted or
   * sent). It must mean exactly what decoding `data` gives, and nobody may modify it.
   */
  readonly decoded?: unknown;
}

/** The replicated state machine. Called strictly in log order, from one place, never concurrently. */
export interface Fsm {
  /**
   * Applies committed command entries (only `command` entries arrive here). Synchronous. One result per entry: a value,
   * or an Error that goes to the proposer alone. Throws only for a broken invariant: the node then stops.
   */
  apply(entries: readonly LogEntry[]): unknown[];
  /** A frozen view of the state, taken in O(1); `release` lets its memory go. */
  snapshot(): FsmSnapshot;
  /** Replaces the whole state, atomically: on any error the old state stays and the promise rejects. */
  restore(stream: AsyncIterable<Uint8Array>): Promise<void>;
}

export interface FsmSnapshot {
  /** Bytes of the state, produced in slices that never hold the event loop over ~5 ms. */
  write(): AsyncIterable<Uint8Array>;
  release(): void;
}

export type Suffrage = 'voter' | 'nonvoter' | 'staging';
export interface RaftServer {
  readonly suffrage: Suffrage;
  readonly id: string;
  /** `ip:port` of the server's RPC listener. */
  readonly address: string;
}
export interface Configuration {
  readonly servers: readonly RaftServer[];
}

export type RaftRole = 'follower' | 'candidate' | 'leader' | 'shutdown';

export interface Applied {
  readonly index: number;
  readonly result: unknown;
}

/** Figures of `Stats.raft` in `/v1/agent/self` and `info`; texts are made by the caller. */
export interface RaftStats {
  readonly role: RaftRole;
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly fsmPending: number;
  readonly lastSnapshotIndex: number;
  readonly lastSnapshotTerm: number;
  readonly configuration: Configuration;
  readonly configurationIndex: number;
  /** Milliseconds since the last contact with a leader; 0 on the leader, null = never. */
  readonly lastContactMs: number | null;
}

export interface Leadership {
  /** Address and id of the known leader, or null. */
  readonly leader: { readonly id: string; readonly address: string } | null;
  readonly isLeader: boolean;
}

export interface SnapshotMeta {
  readonly id: string;
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
  readonly configurationIndex: number;
  readonly sizeBytes: number;
}

export interface Raft {
  readonly leadership: Leadership;
  /** Called in order on every change of leader or of own role. Returns the unsubscriber. */
  onLeadership(listener: (leadership: Leadership) => void): () => void;
  /**
   * Appends a command; resolves when it is durable on a quorum and applied here. Rejects with an error of
   * `raft/errors.ts`: NotLeader, LeadershipLost (outcome unknown), EnqueueTimeout, StorageFailed, ShuttingDown.
   * `decoded`: see LogEntry.
   */
  propose(data: Uint8Array, decoded?: unknown): Promise<Applied>;
  /** Resolves when everything proposed before is applied here. */
  barrier(): Promise<void>;
  /**
   * True while a quorum confirmed this leader within the lease: a read started now may be answered from local state.
   * A cluster of one is always within its lease.
   */
  hasLease(): boolean;
  /** Everything through this index is committed, as far as this server knows. */
  readonly commitIndex: number;
  /** Resolves when everything through `index` is applied here. */
  whenApplied(index: number): Promise<void>;
  /** Confirms leadership with a quorum (read index); waiting calls share one round. Rejects with NotLeader. */
  verifyLeader(): Promise<void>;
  /** Takes a snapshot now, unless there is nothing new since the last one. */
  takeSnapshot(): Promise<SnapshotMeta>;
  /** The state as of now, for `/v1/snapshot`: nothing of it is written to this server's disk. To be iterated once. */
  openSnapshot(): Promise<{
    readonly about: Omit<SnapshotMeta, 'sizeBytes'>;
    readonly stream: AsyncIterable<Uint8Array>;
  }>;
  /**
   * Leader only: replaces the state by an operator's snapshot at index max(last, meta.index) + 1 in the current term with the
   * current configuration; in-flight proposals are aborted (wire/snapshot, section 3).
   */
  restoreSnapshot(meta: { readonly index: number }, stream: AsyncIterable<Uint8Array>): Promise<void>;
  /** Gives an empty server its first configuration. @throws Error when there is any state already */
  bootstrap(configuration: Configuration): void;
  /** Leader: one change of members; resolves when it is committed. `prevIndex`: only if nothing changed since; 0 = any. */
  changeConfiguration(change: ConfigurationChange, prevIndex?: number): Promise<void>;
  /** Leader: hands over to a voter, '' = the most up to date; resolves when it began. */
  transferLeadership(to: string): Promise<void>;
  stats(): RaftStats;
  /** Resolves after the last write is on disk; afterwards no timer or file is left open. */
  stop(): Promise<void>;
}
