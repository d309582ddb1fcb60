/** The follower's side of the log: what a leader sends is taken over (Raft paper 5.3, figure 2). */
import type { LogEntry } from '../api.ts';
import { assert } from './assert.ts';
import { isAnotherBeginning } from './founding.ts';
import type { AppendEntries, AppendResult, InstallSnapshot, Peer, SnapshotResult } from './messages.ts';
import { adoptTerm, stepDown, waitForLeader } from './roles.ts';
import type { CoreState } from './state.ts';

export function onAppendEntries(state: CoreState, request: AppendEntries): void {
  const lastLogIndex = state.log.lastIndex;
  const answer = (success: boolean): AppendResult => ({
    kind: 'appendResult',
    from: state.self,
    to: request.from,
    term: state.term,
    lastLogIndex,
    success,
    noRetryBackoff: !success && request.term >= state.term,
    echo: request.echo,
  });
  if (request.term < state.term) {
    state.send(answer(false));
    return;
  }
  hearLeader(state, request.from, request.term);
  if (request.entries === null) {
    state.send(answer(true));
    return;
  }
  // The disk belongs to the snapshot now; the leader tries again in a while.
  if (state.installing) {
    state.send({ ...answer(false), noRetryBackoff: false });
    return;
  }
  demandNothingAgainstSnapshot(state, request.prevIndex, request.prevTerm);
  for (const { index, term } of request.entries) demandNothingAgainstSnapshot(state, index, term);
  const prevTerm = state.log.term(request.prevIndex);
  // What lies before our snapshot is committed, so it matches.
  const matches = request.prevIndex <= state.log.snapshotIndex || prevTerm === request.prevTerm;
  if (!matches) {
    state.send(answer(false));
    return;
  }

  const lastNewIndex = request.prevIndex + request.entries.length;
  const fresh = freshEntries(state, request.entries);
  if (fresh.length > 0) {
    if (fresh[0]!.index <= state.log.lastIndex) state.truncateFrom(fresh[0]!.index);
    state.append(fresh);
  }
  state.leaderCommit = Math.max(state.leaderCommit, Math.min(request.commitIndex, lastNewIndex));
  followCommit(state);
  if (state.log.persistedIndex >= lastNewIndex) state.send(answer(true));
  else state.sendAfterDisk(answer(true));
}

/**
 * A leader restored an operator's snapshot and was succeeded before anybody else had it, by somebody who cannot know of it. Its state
 * is that of nobody else; entries it acknowledged are gone from its log, so it must not quietly begin anew either.
 */
function demandNothingAgainstSnapshot({ log }: CoreState, index: number, term: number): void {
  const { snapshotIndex, snapshotTerm } = log;
  if (index === 0 || index > snapshotIndex) return;
  const fits = index === snapshotIndex ? term === snapshotTerm : term <= snapshotTerm;
  assert(fits, `a restored snapshot at ${snapshotIndex} that the cluster never got: data_dir has to be emptied`);
}

/** The entries that are not in the log yet, from the first difference on. */
function freshEntries(state: CoreState, entries: readonly LogEntry[]): readonly LogEntry[] {
  const { log } = state;
  const differs = (entry: LogEntry): boolean =>
    log.term(entry.index) !== entry.term || isAnotherBeginning(state, entry);
  const start = entries.findIndex((entry) => entry.index > log.snapshotIndex && differs(entry));
  return start < 0 ? [] : entries.slice(start);
}

/** Commits what the leader has committed, as far as it is on this server's disk. */
export function followCommit(state: CoreState): void {
  const index = Math.min(state.leaderCommit, state.log.persistedIndex);
  if (index > state.commitIndex) state.commitTo(index);
}

/** A message of the leader of `term`, which is not older than ours: follow it. */
function hearLeader(state: CoreState, leader: Peer, term: number): void {
  if (term > state.term) adoptTerm(state, term, leader);
  else if (state.role !== 'follower' || state.campaign) {
    assert(!state.leading, 'one leader a term');
    stepDown(state, leader);
  }
  assert(state.leader === null || state.leader.address === leader.address, 'one leader a term');
  state.setLeader(leader);
  state.contactMs = state.nowMs;
  state.successionUntilMs = 0;
  waitForLeader(state);
}

/** The first bytes of a snapshot came in. */
export function onSnapshotArriving(state: CoreState, from: Peer, term: number): void {
  if (term >= state.term) hearLeader(state, from, term);
}

export function onInstallSnapshot(state: CoreState, request: InstallSnapshot): void {
  const answer = (success: boolean): SnapshotResult => snapshotAnswer(state, request, success);
  if (request.term < state.term) {
    state.send(answer(false));
    return;
  }
  hearLeader(state, request.from, request.term);
  if (state.installing) {
    state.send(answer(false));
    return;
  }
  demandNothingAgainstSnapshot(state, request.lastIndex, request.lastTerm);
  // All of it is here already: taking it over would lose entries behind it that this server has vouched for (Raft paper,
  // figure 13, rule 6).
  if (request.lastIndex <= state.commitIndex || state.log.term(request.lastIndex) === request.lastTerm) {
    state.leaderCommit = Math.max(state.leaderCommit, request.lastIndex);
    followCommit(state);
    state.sendAfterDisk(answer(true));
    return;
  }
  state.startInstall(request);
}

/** The snapshot is in place: log, state machine and configuration continue from it. */
export function onInstalled(state: CoreState, request: InstallSnapshot, ok: boolean): void {
  assert(state.installing === request, 'the snapshot that was asked for');
  state.installing = null;
  waitForLeader(state);
  if (ok) {
    const { lastIndex, lastTerm, configuration, configurationIndex } = request;
    assert(lastIndex >= state.commitIndex, 'a snapshot never takes the state back');
    state.snapshot = { index: lastIndex, term: lastTerm, configuration, configurationIndex };
    state.log.reset(lastIndex, lastTerm);
    state.membership.reset(configurationIndex, configuration, state);
    state.commitIndex = lastIndex;
    state.appliedIndex = lastIndex;
  }
  state.sendAfterDisk(snapshotAnswer(state, request, ok));
}

const snapshotAnswer = (state: CoreState, request: InstallSnapshot, success: boolean): SnapshotResult => ({
  kind: 'snapshotResult',
  from: state.self,
  to: request.from,
  term: state.term,
  success,
  echo: request.echo,
});
