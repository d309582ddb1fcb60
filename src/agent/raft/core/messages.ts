/**
 * What servers say to each other, as plain values. Field by field these are the RPCs of wire/raft section 2; putting them
 * on a connection is the transport's business.
 */
import type { Configuration, LogEntry } from '../api.ts';

/** A server as messages name it. The wire knows addresses only: `id` is '' where the configuration has no such address. */
export interface Peer {
  readonly id: string;
  readonly address: string;
}

/**
 * What the sender of a request wants to remember until the answer comes. Never on the wire: the transport keeps it beside the
 * request and puts it into the answer.
 */
export interface Echo {
  readonly term: number;
  /** Number of the newest leadership check that was open when the request left. */
  readonly round: number;
  readonly sentMs: number;
  /** The index before the request's entries, and the last one in it. Both 0 for heartbeats. */
  readonly prevIndex: number;
  readonly lastIndex: number;
}

interface Addressed {
  readonly from: Peer;
  readonly to: Peer;
}

export interface RequestVote extends Addressed {
  readonly kind: 'requestVote';
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
  /** The leader itself asked for this election: voters ignore that they know a leader. */
  readonly leadershipTransfer: boolean;
  /** Only asks whether the vote would be given; nobody changes state (Raft thesis 9.6). */
  readonly preVote: boolean;
}

export interface VoteResult extends Addressed {
  readonly kind: 'voteResult';
  readonly term: number;
  readonly granted: boolean;
  readonly preVote: boolean;
  /** Term of the request this answers; kept by the transport. */
  readonly forTerm: number;
}

export interface AppendEntries extends Addressed {
  readonly kind: 'appendEntries';
  readonly term: number;
  readonly prevIndex: number;
  readonly prevTerm: number;
  /** null: a heartbeat, all indexes 0. Empty: idle replication, carries the commit index. */
  readonly entries: readonly LogEntry[] | null;
  readonly commitIndex: number;
  readonly echo: Echo;
}

export interface AppendResult extends Addressed {
  readonly kind: 'appendResult';
  readonly term: number;
  /** The follower's last index before it appended. */
  readonly lastLogIndex: number;
  readonly success: boolean;
  /** The leader may try an earlier index at once. */
  readonly noRetryBackoff: boolean;
  readonly echo: Echo;
}

/** The bytes of the snapshot travel beside this message; it is stepped when all of them have arrived. */
export interface InstallSnapshot extends Addressed {
  readonly kind: 'installSnapshot';
  readonly term: number;
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly configuration: Configuration;
  readonly configurationIndex: number;
  readonly echo: Echo;
}

export interface SnapshotResult extends Addressed {
  readonly kind: 'snapshotResult';
  readonly term: number;
  readonly success: boolean;
  readonly echo: Echo;
}

export interface TimeoutNow extends Addressed {
  readonly kind: 'timeoutNow';
  /** Of the leader that wants it; 0 where it did not say. */
  readonly term: number;
}

export type Message =
  | RequestVote
  | VoteResult
  | AppendEntries
  | AppendResult
  | InstallSnapshot
  | SnapshotResult
  | TimeoutNow;

/**
 * What is said instead of an answer that the disk does not allow: nothing was taken over, ask again. Whoever waits for it would else
 * hear nothing until it gives up, and what it asked for behind that neither. null for what nobody waits for.
 */
export function refusalInstead(message: Message): Message | null {
  switch (message.kind) {
    case 'appendResult':
      return { ...message, success: false, noRetryBackoff: false };
    case 'snapshotResult':
      return { ...message, success: false };
    case 'voteResult':
      return { ...message, granted: false };
    default:
      return null;
  }
}
