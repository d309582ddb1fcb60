/**
 * A Raft server without the world: `step(input, nowMs)` takes what happened and says what has to happen. No clock, no disk, no
 * network, no chance but the `Random` it is given, so the same inputs always give the same effects.
 *
 * The owner's duties after each step, in any order unless said:
 * 1. Write `persist`, writes in order of their number. When durable: send its `messages`, step `persisted`. When it fails: drop it
 *    and all writes after it, send `refusalInstead` of their messages, step `persistFailed`.
 * 2. Send `messages` at once.
 * 3. Apply entries up to `commitIndex`, in order, and step `applied`.
 * 4. Take over `install`, if any, and step `installed`.
 * 5. Step `tick` at `deadlineMs`.
 */
import type { Configuration, LogEntry, RaftRole } from '../api.ts';
import { assert } from './assert.ts';
import type { Effects, HardState, Input, Proposal, SnapshotPoint } from './effects.ts';
import { onElectionTimeout, onLeaderGone, onRequestVote, onTimeoutNow, onVoteResult } from './election.ts';
import { followCommit, onAppendEntries, onInstalled, onInstallSnapshot, onSnapshotArriving } from './follower.ts';
import { isFounding } from './founding.ts';
import { type LogExtent, type LogReader, LogView } from './log-view.ts';
import { bootstrap, type ConfigurationCodec, Membership, proposeChange, selfDecidesAlone } from './membership.ts';
import type { AppendResult, Message, Peer, SnapshotResult } from './messages.ts';
import { fallBack } from './progress.ts';
import { checkLease, confirmReads, leaseUntilMs, verifyLeader } from './reads.ts';
import {
  broadcastHeartbeat,
  forgetDeparting,
  maybeCommit,
  notifyCommit,
  onAppendResult,
  onSnapshotResult,
  replicate,
  replicateToAll,
} from './replication.ts';
import { adoptTerm, countVote, stepDown, waitForLeader } from './roles.ts';
import { type CoreOptions, CoreState } from './state.ts';
import { onTransferTimeout, startTransfer } from './transfer.ts';

/** What the disk held when the server started. */
export interface StoredState {
  readonly hardState: HardState;
  readonly extent: LogExtent;
  readonly reader: LogReader;
  readonly snapshot: SnapshotPoint | null;
  /** Configuration entries of the log after the snapshot's configuration, in order. */
  readonly configurations: readonly LogEntry[];
}

export class RaftCore {
  readonly #state: CoreState;

  constructor(options: CoreOptions, codec: ConfigurationCodec, stored: StoredState, nowMs: number) {
    const { snapshot } = stored;
    const log = new LogView(stored.reader, stored.extent, snapshot?.index ?? 0, snapshot?.term ?? 0);
    const membership = new Membership(
      codec,
      snapshot ? { index: snapshot.configurationIndex, configuration: snapshot.configuration } : undefined,
    );
    membership.appended(
      stored.configurations.filter((entry) => entry.index > membership.latestIndex),
      null,
    );
    this.#state = new CoreState(options, log, membership, stored.hardState, snapshot);
    this.#state.nowMs = nowMs;
    this.#start();
  }

  #start(): void {
    const state = this.#state;
    state.setRole('follower');
    waitForLeader(state);
    // Nobody to wait for: stand for election at once.
    if (selfDecidesAlone(state)) state.electionAtMs = state.nowMs;
    else if (state.term > 0) state.quietUntilMs = state.nowMs + state.options.timings.loyaltyMs;
  }

  get role(): Exclude<RaftRole, 'shutdown'> {
    return this.#state.role;
  }
  get term(): number {
    return this.#state.term;
  }
  get leader(): Peer | null {
    return this.#state.leader;
  }
  get log(): LogView {
    return this.#state.log;
  }
  get commitIndex(): number {
    return this.#state.commitIndex;
  }
  get appliedIndex(): number {
    return this.#state.appliedIndex;
  }
  get configuration(): Configuration {
    return this.#state.membership.latest;
  }
  get configurationIndex(): number {
    return this.#state.membership.latestIndex;
  }
  get committedConfiguration(): { readonly configuration: Configuration; readonly index: number } {
    const { committed, committedIndex } = this.#state.membership;
    return { configuration: committed, index: committedIndex };
  }
  get snapshot(): SnapshotPoint | null {
    return this.#state.snapshot;
  }
  /** When a leader was last heard of; -Infinity = never. */
  get contactMs(): number {
    return this.#state.contactMs;
  }
  /** A read that starts before this time may be answered from local state. */
  get leaseUntilMs(): number {
    return leaseUntilMs(this.#state);
  }

  step(input: Input, nowMs: number): Effects {
    const state = this.#state;
    assert(nowMs >= state.nowMs, 'time never goes back');
    state.nowMs = nowMs;
    this.#take(input);
    return state.take(this.#deadlineMs());
  }

  #take(input: Input): void {
    const state = this.#state;
    switch (input.kind) {
      case 'tick':
        this.#onTick();
        break;
      case 'message':
        this.#onMessage(input.message);
        break;
      case 'snapshotArriving':
        onSnapshotArriving(state, input.from, input.term);
        break;
      case 'propose':
        this.#onPropose(input.proposals);
        break;
      case 'persisted':
        this.#onPersisted(input.seq);
        break;
      case 'persistFailed':
        this.#onPersistFailed(input.seq);
        break;
      case 'applied':
        this.#onApplied(input.index);
        break;
      case 'verifyLeader':
        verifyLeader(state, input.token);
        break;
      case 'changeConfiguration':
        if (proposeChange(state, input.change, input.prevIndex) && state.leading) replicateToAll(state, state.leading);
        break;
      case 'transferLeadership':
        startTransfer(state, input.to);
        break;
      case 'bootstrap':
        bootstrap(state, input.configuration);
        break;
      case 'leaderGone':
        onLeaderGone(state, input.id);
        break;
      case 'unreachable':
        this.#onUnreachable(input.id);
        break;
      case 'compacted':
        state.snapshot = input.snapshot;
        state.log.compact(input.snapshot.index, input.snapshot.term, input.firstIndex);
        break;
      case 'installed':
        onInstalled(state, input.request, input.ok);
        break;
      case 'replaced':
        this.#onReplaced(input.snapshot);
        break;
    }
  }

  #onTick(): void {
    const state = this.#state;
    const { nowMs } = state;
    if (nowMs >= state.electionAtMs) onElectionTimeout(state);
    if (state.leading && nowMs >= state.leading.leaseCheckAtMs) {
      if (selfDecidesAlone(state)) state.leading.leaseCheckAtMs = nowMs + state.options.timings.leaderLeaseTimeoutMs;
      else checkLease(state, state.leading);
    }
    const { leading } = state;
    if (!leading) return;
    if (leading.transfer && nowMs >= leading.transfer.deadlineMs) onTransferTimeout(state, leading);
    forgetDeparting(leading, nowMs);
    if (leading.progress.size === 0) return;
    if (nowMs >= leading.heartbeatAtMs) broadcastHeartbeat(state, leading);
    replicateToAll(state, leading);
    if (nowMs >= leading.commitNotifyAtMs) notifyCommit(state, leading);
  }

  #onMessage(message: Message): void {
    const state = this.#state;
    switch (message.kind) {
      case 'requestVote':
        onRequestVote(state, message);
        break;
      case 'voteResult':
        onVoteResult(state, message);
        break;
      case 'appendEntries':
        onAppendEntries(state, message);
        break;
      case 'installSnapshot':
        onInstallSnapshot(state, message);
        break;
      case 'timeoutNow':
        onTimeoutNow(state, message);
        break;
      case 'appendResult':
      case 'snapshotResult':
        this.#onResult(message);
        break;
    }
  }

  #onResult(message: AppendResult | SnapshotResult): void {
    const state = this.#state;
    if (message.term > state.term) adoptTerm(state, message.term, null);
    // What was asked in an earlier term of ours says nothing now, also when the answer is a refusal of this term.
    if (message.term < state.term || message.echo.term < state.term || !state.leading) return;
    if (message.kind === 'appendResult') onAppendResult(state, state.leading, message);
    else onSnapshotResult(state, state.leading, message);
  }

  #onPropose(proposals: readonly Proposal[]): void {
    const state = this.#state;
    const { leading } = state;
    // Who leads only a majority at the founding leads nobody yet.
    if (!leading || isFounding(state)) {
      state.refused('notLeader');
      return;
    }
    if (leading.transfer) {
      state.refused('transferring');
      return;
    }
    const appendedAtMs = state.options.wallMs();
    const firstIndex = state.log.lastIndex + 1;
    const entries: LogEntry[] = proposals.map((proposal, i) => ({
      index: firstIndex + i,
      term: state.term,
      type: proposal.type,
      data: proposal.data,
      extensions: proposal.extensions,
      appendedAtMs,
      decoded: proposal.decoded,
    }));
    state.append(entries);
    state.accepted(firstIndex);
    if (leading.progress.size > 0) replicateToAll(state, leading);
  }

  #onPersisted(seq: number): void {
    const state = this.#state;
    state.persisted(seq);
    if (state.campaign && !state.campaign.preVote && state.hardStateIsDurable) countVote(state, state.self);
    if (state.leading) {
      if (maybeCommit(state, state.leading) && state.leading?.transfer) replicateToAll(state, state.leading);
    } else followCommit(state);
  }

  #onPersistFailed(seq: number): void {
    const state = this.#state;
    state.storageRetryAtMs = state.nowMs + state.options.timings.heartbeatTimeoutMs / 4;
    const lost = state.persistFailed(seq);
    if (!state.leading || lost === 0) return;
    state.dropped(lost);
    // Alone, nobody has seen these entries and their places can be used again. Otherwise somebody else must lead: the
    // followers may keep what this server lost, and so may one whose arrival was just lost.
    const seenByOthers = state.leading.progress.size > 0;
    const lostNoop = lost <= state.leading.startIndex;
    if (seenByOthers || lostNoop) {
      stepDown(state, null);
      if (selfDecidesAlone(state)) state.electionAtMs = state.storageRetryAtMs;
    }
  }

  #onApplied(index: number): void {
    const state = this.#state;
    assert(index >= state.appliedIndex && index <= state.commitIndex, 'only committed entries are applied, in order');
    state.appliedIndex = index;
    const keep = state.leading && state.leading.progress.size > 0 ? 1024 : 0;
    if (state.log.recentCount > 2 * keep) state.log.forgetThrough(Math.min(index, state.log.lastIndex - keep));
    if (state.leading) confirmReads(state, state.leading);
  }

  #onUnreachable(id: string): void {
    const progress = this.#state.leading?.progress.get(id);
    if (progress) fallBack(progress, this.#state.nowMs);
  }

  #onReplaced(snapshot: SnapshotPoint): void {
    const state = this.#state;
    const { leading } = state;
    assert(leading !== null, 'only the leader takes an operator snapshot');
    assert(snapshot.term === state.term && snapshot.index > state.log.lastIndex, 'the snapshot lies after the log');
    state.snapshot = snapshot;
    state.log.reset(snapshot.index, snapshot.term);
    state.commitIndex = snapshot.index;
    state.appliedIndex = snapshot.index;
    state.membership.committedThrough(snapshot.index);
    forgetDeparting(leading, Number.POSITIVE_INFINITY);
    for (const progress of leading.progress.values()) {
      progress.mode = 'probe';
      progress.inFlight = 0;
      progress.nextIndex = progress.matchIndex + 1;
    }
    for (const server of state.membership.latest.servers) {
      if (server.id !== state.self.id) replicate(state, leading, server);
    }
  }

  #deadlineMs(): number {
    const { electionAtMs, leading, installing } = this.#state;
    if (!leading) return installing ? Number.POSITIVE_INFINITY : electionAtMs;
    let deadlineMs = leading.transfer?.deadlineMs ?? Number.POSITIVE_INFINITY;
    if (leading.progress.size === 0) return deadlineMs;
    deadlineMs = Math.min(deadlineMs, leading.heartbeatAtMs, leading.leaseCheckAtMs, leading.commitNotifyAtMs);
    for (const progress of leading.progress.values()) {
      if (progress.retryAtMs > this.#state.nowMs) deadlineMs = Math.min(deadlineMs, progress.retryAtMs);
    }
    return deadlineMs;
  }
}
