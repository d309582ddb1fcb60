/** Everything the core knows, and the place where the effects of one step are gathered. Roles are functions over this. */
import type { Random } from '../../../lib/runtime.ts';
import type { LogEntry, RaftRole, RaftServer } from '../api.ts';
import { assert } from './assert.ts';
import type { CoreEvent, Effects, HardState, Persist, ProposeOutcome, Refusal, SnapshotPoint } from './effects.ts';
import type { LogView } from './log-view.ts';
import type { Membership } from './membership.ts';
import { type InstallSnapshot, type Message, type Peer, refusalInstead } from './messages.ts';
import type { Progress } from './progress.ts';
import type { Timings } from './timings.ts';

/** An election this server has called. */
export interface Campaign {
  readonly preVote: boolean;
  readonly transfer: boolean;
  /** Term the votes are for: the next one while only pre-voting. */
  readonly term: number;
  readonly votes: Set<string>;
}

export interface Transfer {
  readonly to: string;
  readonly deadlineMs: number;
  sent: boolean;
}

/** A server that was removed and is still to learn of it. */
export interface Departing {
  readonly server: RaftServer;
  /** The configuration without it. It is sent nothing behind that: what follows is no business of its any more. */
  readonly index: number;
  /** Then it is given up. */
  readonly untilMs: number;
}

export interface WaitingRead {
  readonly token: number;
  /** The check that must be confirmed; 0 = the next one. */
  round: number;
}

/** What only a leader has. */
export interface Leading {
  /** The noop that opened this term: reads are answered once it is applied. */
  readonly startIndex: number;
  /** Other servers of the latest configuration and those that depart, by id. */
  readonly progress: Map<string, Progress>;
  readonly departing: Map<string, Departing>;
  heartbeatAtMs: number;
  leaseCheckAtMs: number;
  /** Followers that lack the newest commit index hear of it then. */
  commitNotifyAtMs: number;
  /** Newest leadership check, and the newest one confirmed. */
  round: number;
  confirmedRound: number;
  reads: WaitingRead[];
  transfer: Transfer | null;
  /** Once TimeoutNow was sent, a new leader may stand up at any time: no more reads by lease in this term. */
  leaseGivenUp: boolean;
}

export interface CoreOptions {
  readonly self: Peer;
  readonly timings: Timings;
  readonly random: Random;
  /** Wall clock in ms, stamped on entries. */
  readonly wallMs: () => number;
  /** Ask before campaigning (Raft thesis 9.6). Off only where peers do not know it. */
  readonly preVote: boolean;
}

export class CoreState {
  readonly options: CoreOptions;
  readonly log: LogView;
  readonly membership: Membership;
  /** Time of the step under way. */
  nowMs = 0;
  /** The newest snapshot of this server; null before the first. */
  snapshot: SnapshotPoint | null;
  role: Exclude<RaftRole, 'shutdown'> = 'follower';
  term: number;
  votedFor: string;
  leader: Peer | null = null;
  commitIndex: number;
  appliedIndex: number;
  /** The newest commit index the leader spoke of; ours follows as the disk does. */
  leaderCommit = 0;
  electionAtMs = Number.POSITIVE_INFINITY;
  /** When this server last heard from a leader; -Infinity = never. */
  contactMs = Number.NEGATIVE_INFINITY;
  /** Votes are withheld until then: a leader, one before a restart or one that seems to be gone, may rely on it for its lease. */
  quietUntilMs = 0;
  /** There is no leader, as far as can be seen: until then, elections that fail are repeated quickly. */
  successionUntilMs = 0;
  campaign: Campaign | null = null;
  leading: Leading | null = null;
  /** A snapshot is being taken over; appends wait. */
  installing: InstallSnapshot | null = null;
  /** Disk writes failed: term and vote are not tried again before this time. */
  storageRetryAtMs = 0;

  #hardStateDirty = false;
  #hardStateSeq = 0;
  #durableSeq = 0;
  #nextSeq = 1;
  #entries: LogEntry[] = [];
  #now: Message[] = [];
  #afterDisk: Message[] = [];
  #outcome: ProposeOutcome | null = null;
  #droppedFrom = 0;
  #reads: { token: number; confirmed: boolean }[] = [];
  #install: InstallSnapshot | null = null;
  #leadershipChanged = false;
  #events: CoreEvent[] = [];

  constructor(
    options: CoreOptions,
    log: LogView,
    membership: Membership,
    hardState: HardState,
    snapshot: SnapshotPoint | null,
  ) {
    this.options = options;
    this.log = log;
    this.membership = membership;
    this.term = hardState.term;
    this.votedFor = hardState.votedFor;
    this.commitIndex = log.snapshotIndex;
    this.appliedIndex = log.snapshotIndex;
    this.snapshot = snapshot;
    assert(log.lastTerm <= hardState.term, 'the stored term is at least that of the log');
  }

  get self(): Peer {
    return this.options.self;
  }

  /** Random in [base, 2 base): no two servers wait equally long. */
  spread(baseMs: number): number {
    return baseMs + baseMs * this.options.random.float();
  }

  setTerm(term: number, votedFor: string): void {
    assert(
      term > this.term || (term === this.term && (this.votedFor === '' || this.votedFor === votedFor)),
      'one vote a term, terms go up',
    );
    if (term === this.term && votedFor === this.votedFor) return;
    this.term = term;
    this.votedFor = votedFor;
    this.#hardStateDirty = true;
  }

  get hardStateIsDurable(): boolean {
    return !this.#hardStateDirty && this.#hardStateSeq <= this.#durableSeq;
  }

  setLeader(leader: Peer | null): void {
    if (leader?.address === this.leader?.address && leader?.id === this.leader?.id) return;
    this.leader = leader;
    this.#leadershipChanged = true;
  }

  setRole(role: Exclude<RaftRole, 'shutdown'>): void {
    if (role !== this.role) this.#leadershipChanged = true;
    this.role = role;
    this.#events.push({ kind: 'role', role, term: this.term });
  }

  /** Appends to the log and, with the next write, to the disk. */
  append(entries: readonly LogEntry[]): void {
    this.log.append(entries);
    this.membership.appended(entries, this);
    for (const entry of entries) this.#entries.push(entry);
  }

  commitTo(index: number): void {
    assert(index >= this.commitIndex && index <= this.log.persistedIndex, 'the commit index goes up, behind the disk');
    this.commitIndex = index;
    this.membership.committedThrough(index);
  }

  truncateFrom(index: number): void {
    assert(index > this.commitIndex, 'committed entries are never truncated');
    this.#events.push({ kind: 'truncated', fromIndex: index, lastIndex: this.log.lastIndex });
    this.log.truncateFrom(index);
    this.membership.truncatedFrom(index, this);
  }

  /** Leaves at once, unless it tells a term or vote that is not on disk yet. */
  send(message: Message): void {
    this.#now.push(message);
  }

  /** Leaves when all that was appended and voted so far is on disk. */
  sendAfterDisk(message: Message): void {
    this.#afterDisk.push(message);
  }

  event(event: CoreEvent): void {
    this.#events.push(event);
  }

  accepted(firstIndex: number): void {
    this.#outcome = { ok: true, firstIndex, lastIndex: this.log.lastIndex, term: this.term };
  }

  refused(reason: Refusal, detail = ''): void {
    this.#outcome = { ok: false, reason, detail };
  }

  answerRead(token: number, confirmed: boolean): void {
    this.#reads.push({ token, confirmed });
  }

  startInstall(request: InstallSnapshot): void {
    this.installing = request;
    this.#install = request;
  }

  persisted(seq: number): void {
    this.#durableSeq = seq;
    this.log.written(seq);
  }

  /** Returns the first index that is lost, 0 if none is. */
  persistFailed(seq: number): number {
    if (this.#hardStateSeq >= seq) this.#hardStateDirty = true;
    const lost = this.log.writeFailed(seq);
    if (lost > 0) {
      assert(lost > this.commitIndex, 'what is committed is on disk');
      this.membership.truncatedFrom(lost, this);
      this.#events.push({ kind: 'truncated', fromIndex: lost, lastIndex: this.log.lastIndex });
    }
    return lost;
  }

  dropped(fromIndex: number): void {
    this.#droppedFrom = fromIndex;
  }

  /** Closes a step: what has to happen outside. */
  take(deadlineMs: number): Effects {
    const persist = this.#takePersist();
    const effects: Effects = {
      persist,
      messages: this.#now,
      commitIndex: this.commitIndex,
      outcome: this.#outcome,
      droppedFrom: this.#droppedFrom,
      reads: this.#reads,
      install: this.#install,
      leadershipChanged: this.#leadershipChanged,
      events: this.#events,
      deadlineMs: this.#hardStateDirty ? Math.min(deadlineMs, this.storageRetryAtMs) : deadlineMs,
    };
    this.#now = [];
    this.#outcome = null;
    this.#droppedFrom = 0;
    this.#reads = [];
    this.#install = null;
    this.#leadershipChanged = false;
    this.#events = [];
    return effects;
  }

  #takePersist(): Persist | null {
    let messages = this.#afterDisk;
    if (!this.hardStateIsDurable && this.#now.length > 0) {
      messages = [...messages, ...this.#now];
      this.#now = [];
    }
    const entries = this.#entries;
    const writeHardState = this.#hardStateDirty && (entries.length > 0 || this.nowMs >= this.storageRetryAtMs);
    this.#afterDisk = [];
    // The disk is being left alone.
    if (this.#hardStateDirty && !writeHardState) {
      this.#now.push(...messages.flatMap((message) => refusalInstead(message) ?? []));
      messages = [];
    }
    if (!writeHardState && entries.length === 0 && messages.length === 0) return null;
    const seq = this.#nextSeq++;
    if (writeHardState) {
      this.#hardStateDirty = false;
      this.#hardStateSeq = seq;
    }
    this.#entries = [];
    this.log.writing(seq);
    return {
      seq,
      hardState: writeHardState ? { term: this.term, votedFor: this.votedFor } : null,
      entries,
      messages,
    };
  }
}
