/** What goes into the core and what comes out of it: `step(input, nowMs) -> Effects`. */
import type { Configuration, EntryType, LogEntry } from '../api.ts';
import type { ConfigurationChange } from './configuration.ts';
import type { InstallSnapshot, Message, Peer } from './messages.ts';

/** An entry before it has a place in the log. */
export interface Proposal {
  readonly type: EntryType;
  readonly data: Uint8Array;
  readonly extensions: Uint8Array | null;
  readonly decoded?: unknown;
}

/** Term and vote: on disk before any message that depends on them leaves. */
export interface HardState {
  readonly term: number;
  /** Address of the candidate this server voted for in `term`; '' = none. */
  readonly votedFor: string;
}

/** Where a log begins: everything up to `index` is in a snapshot. */
export interface SnapshotPoint {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
  readonly configurationIndex: number;
}

export type Input =
  /** The deadline of the last effects has come (or not: ticking early does no harm). */
  | { readonly kind: 'tick' }
  | { readonly kind: 'message'; readonly message: Message }
  /** The first bytes of a snapshot came in from a leader: it is alive, the election clock starts anew. */
  | { readonly kind: 'snapshotArriving'; readonly from: Peer; readonly term: number }
  | { readonly kind: 'propose'; readonly proposals: readonly Proposal[] }
  /** `Persist` number `seq` is durable, and all before it. */
  | { readonly kind: 'persisted'; readonly seq: number }
  /** `Persist` number `seq` failed; it and all after it were dropped, with their messages. */
  | { readonly kind: 'persistFailed'; readonly seq: number }
  /** The state machine has everything up to `index`. */
  | { readonly kind: 'applied'; readonly index: number }
  | { readonly kind: 'verifyLeader'; readonly token: number }
  /** `prevIndex`: refuse unless this is still the index of the latest configuration; 0 = any. */
  | { readonly kind: 'changeConfiguration'; readonly change: ConfigurationChange; readonly prevIndex: number }
  /** `to`: id of a voter, '' = whoever is most up to date. */
  | { readonly kind: 'transferLeadership'; readonly to: string }
  /** An empty server takes this configuration as its first entry and stands for election (wire/raft, section 4). */
  | { readonly kind: 'bootstrap'; readonly configuration: Configuration }
  /** The leader's address refuses connections: its process is gone, as far as can be seen. No need to wait for its silence. */
  | { readonly kind: 'leaderGone'; readonly id: string }
  /** A request to this server was lost, or its connection failed. */
  | { readonly kind: 'unreachable'; readonly id: string }
  /** The log up to before `firstIndex` is gone; the newest snapshot is `snapshot`. */
  | { readonly kind: 'compacted'; readonly snapshot: SnapshotPoint; readonly firstIndex: number }
  /** The snapshot of an `install` effect is in place (`ok`) or could not be taken over. */
  | { readonly kind: 'installed'; readonly request: InstallSnapshot; readonly ok: boolean }
  /** Leader only: an operator's snapshot replaced the state; the log is empty and continues after it. */
  | { readonly kind: 'replaced'; readonly snapshot: SnapshotPoint };

/** One write to disk: all of it or nothing. Writes are done in the order of `seq`. */
export interface Persist {
  readonly seq: number;
  readonly hardState: HardState | null;
  /** An append at or below the last stored index replaces the suffix from there on. */
  readonly entries: readonly LogEntry[];
  /** To be sent once this is durable. */
  readonly messages: readonly Message[];
}

export type ProposeOutcome =
  | { readonly ok: true; readonly firstIndex: number; readonly lastIndex: number; readonly term: number }
  | { readonly ok: false; readonly reason: Refusal; readonly detail: string };

export type Refusal = 'notLeader' | 'transferring' | 'badChange' | 'noTarget';

/** What happened, for logs, metrics and tests. Never needed for correctness. */
export type CoreEvent =
  | { readonly kind: 'role'; readonly role: 'follower' | 'candidate' | 'leader'; readonly term: number }
  | { readonly kind: 'heartbeatTimeout'; readonly lastLeader: Peer | null }
  | { readonly kind: 'leaderGone'; readonly id: string }
  /** The leader is silent, and this server has no vote. */
  | { readonly kind: 'standsAside' }
  | { readonly kind: 'electionTimeout' }
  /** `founding`: every vote is needed, because nothing was ever committed. */
  | {
      readonly kind: 'campaign';
      readonly preVote: boolean;
      readonly term: number;
      readonly needed: number;
      readonly founding: boolean;
    }
  | { readonly kind: 'vote'; readonly from: Peer; readonly term: number; readonly tally: number }
  | { readonly kind: 'electionWon'; readonly tally: number }
  | { readonly kind: 'leaseLost' }
  | { readonly kind: 'removedSelf' }
  | { readonly kind: 'voteRejected'; readonly candidate: Peer; readonly reason: string }
  | { readonly kind: 'peerContact'; readonly id: string; readonly elapsedMs: number }
  | { readonly kind: 'configuration'; readonly index: number; readonly configuration: Configuration }
  | { readonly kind: 'truncated'; readonly fromIndex: number; readonly lastIndex: number }
  | { readonly kind: 'transfer'; readonly state: 'started' | 'sent' | 'failed'; readonly to: string };

export interface Effects {
  readonly persist: Persist | null;
  /** To be sent at once. */
  readonly messages: readonly Message[];
  /** Entries up to here may be applied. */
  readonly commitIndex: number;
  /** Answer to `propose`, `changeConfiguration` and `transferLeadership`. */
  readonly outcome: ProposeOutcome | null;
  /** The leader's own entries from here on were not stored and are gone; 0 = none. */
  readonly droppedFrom: number;
  readonly reads: readonly { readonly token: number; readonly confirmed: boolean }[];
  /** Take this received snapshot over, then step `installed`. */
  readonly install: InstallSnapshot | null;
  /** Role or known leader changed. */
  readonly leadershipChanged: boolean;
  readonly events: readonly CoreEvent[];
  /** Step `tick` then; Infinity = no need. */
  readonly deadlineMs: number;
}
