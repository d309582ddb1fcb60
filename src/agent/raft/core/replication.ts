/** The leader's side of the log: what each follower is sent, and what is committed (Raft paper 5.3, 5.4). */
import type { Configuration, RaftServer } from '../api.ts';
import { assert } from './assert.ts';
import { findServer, isVoter } from './configuration.ts';
import { agreedIndex, isFounding } from './founding.ts';
import type { AppendResult, Echo, Peer, SnapshotResult } from './messages.ts';
import { fallBack, maySend, newProgress, type Progress } from './progress.ts';
import { confirmReads } from './reads.ts';
import { stepDown } from './roles.ts';
import type { CoreState, Departing, Leading } from './state.ts';
import { eagerInFlight, maxAppendEntries } from './timings.ts';
import { maybeSendTimeoutNow } from './transfer.ts';

const peerOf = (server: RaftServer): Peer => ({ id: server.id, address: server.address });

/** So many heartbeat timeouts a removed server has to answer. */
const farewellTimeouts = 4;

/** One progress for every other server of the latest configuration, and for those that only `before` has: they are told to go. */
export function ensureProgress(state: CoreState, leading: Leading, before: Configuration): void {
  const { latest, latestIndex: index } = state.membership;
  const { self, nowMs, options } = state;
  for (const server of before.servers) {
    if (findServer(latest, server.id) || server.id === self.id) continue;
    const untilMs = nowMs + farewellTimeouts * options.timings.heartbeatTimeoutMs;
    leading.departing.set(server.id, { server, index, untilMs });
  }
  for (const { id } of latest.servers) leading.departing.delete(id);
  const nextIndex = isFounding(state) ? 1 : state.log.lastIndex + 1;
  for (const { id } of [...latest.servers, ...before.servers]) {
    if (id === self.id || leading.progress.has(id)) continue;
    leading.progress.set(id, newProgress(nextIndex, nowMs));
  }
}

function forget(leading: Leading, id: string): void {
  leading.departing.delete(id);
  leading.progress.delete(id);
}

/** Gives up removed servers whose time is over. */
export function forgetDeparting(leading: Leading, nowMs: number): void {
  for (const [id, { untilMs }] of leading.departing) if (nowMs >= untilMs) forget(leading, id);
}

/** Everybody who is sent anything. */
function recipients(state: CoreState, leading: Leading): readonly RaftServer[] {
  const others = state.membership.latest.servers.filter((server) => server.id !== state.self.id);
  for (const { server } of leading.departing.values()) others.push(server);
  return others;
}

const recipient = (state: CoreState, leading: Leading, id: string): RaftServer | undefined =>
  findServer(state.membership.latest, id) ?? leading.departing.get(id)?.server;

/** The last entry a server may have. */
const lastIndexFor = (state: CoreState, leading: Leading, id: string): number =>
  leading.departing.get(id)?.index ?? state.log.lastIndex;

/** Sends every follower what it may be sent now. */
export function replicateToAll(state: CoreState, leading: Leading): void {
  for (const server of recipients(state, leading)) replicate(state, leading, server);
}

/** Sends entries while there are some and the follower's window is open. Idle followers get nothing from here. */
export function replicate(state: CoreState, leading: Leading, server: RaftServer): void {
  const progress = leading.progress.get(server.id);
  assert(progress !== undefined, 'everybody who is sent anything has a progress');
  const lastIndex = lastIndexFor(state, leading, server.id);
  while (maySend(progress, state.nowMs)) {
    const unmatched = progress.mode === 'probe' && progress.matchIndex + 1 !== progress.nextIndex;
    if (progress.nextIndex > lastIndex && !unmatched) return;
    // Under load few large requests cost less than many small ones: entries gather until an answer makes room.
    const gathers = progress.inFlight >= eagerInFlight && lastIndex - progress.nextIndex + 1 < maxAppendEntries;
    if (gathers && progress.mode === 'pipeline') return;
    if (!sendAppend(state, leading, server, progress)) return;
  }
}

/** One AppendEntries, empty if the follower has everything; or the news that it needs a snapshot. */
function sendAppend(state: CoreState, leading: Leading, server: RaftServer, progress: Progress): boolean {
  const { log } = state;
  const prevIndex = progress.nextIndex - 1;
  const prevTerm = log.term(prevIndex);
  if (prevTerm === undefined || progress.nextIndex < log.firstIndex) {
    sendSnapshot(state, leading, server, progress);
    return false;
  }
  const upTo = Math.min(lastIndexFor(state, leading, server.id), prevIndex + maxAppendEntries);
  const entries = upTo > prevIndex ? log.entries(progress.nextIndex, upTo) : [];
  const lastIndex = prevIndex + entries.length;
  state.send({
    kind: 'appendEntries',
    from: state.self,
    to: peerOf(server),
    term: state.term,
    prevIndex,
    prevTerm,
    entries,
    commitIndex: state.commitIndex,
    echo: echo(state, leading, prevIndex, lastIndex),
  });
  progress.inFlight += 1;
  progress.commitSent = Math.min(state.commitIndex, lastIndex);
  if (progress.mode === 'pipeline') progress.nextIndex = lastIndex + 1;
  return true;
}

function sendSnapshot(state: CoreState, leading: Leading, server: RaftServer, progress: Progress): void {
  const { snapshot } = state;
  // An operator's snapshot is just taking the place of the whole log: the core is told in a moment.
  if (snapshot === null) return;
  progress.mode = 'snapshot';
  progress.inFlight = 1;
  state.send({
    kind: 'installSnapshot',
    from: state.self,
    to: peerOf(server),
    term: state.term,
    lastIndex: snapshot.index,
    lastTerm: snapshot.term,
    configuration: snapshot.configuration,
    configurationIndex: snapshot.configurationIndex,
    echo: echo(state, leading, 0, snapshot.index),
  });
}

const echo = (state: CoreState, leading: Leading, prevIndex: number, lastIndex: number): Echo => ({
  term: state.term,
  round: leading.round,
  sentMs: state.nowMs,
  prevIndex,
  lastIndex,
});

/** A sign of life for everybody; also what confirms leadership. */
export function broadcastHeartbeat(state: CoreState, leading: Leading): void {
  leading.heartbeatAtMs = state.nowMs + state.spread(state.options.timings.heartbeatIntervalMs);
  for (const server of recipients(state, leading)) {
    state.send({
      kind: 'appendEntries',
      from: state.self,
      to: peerOf(server),
      term: state.term,
      prevIndex: 0,
      prevTerm: 0,
      entries: null,
      commitIndex: 0,
      echo: echo(state, leading, 0, 0),
    });
  }
}

/** Tells followers without traffic what is committed. */
export function notifyCommit(state: CoreState, leading: Leading): void {
  leading.commitNotifyAtMs = Number.POSITIVE_INFINITY;
  for (const server of recipients(state, leading)) {
    const progress = leading.progress.get(server.id)!;
    if (progress.mode !== 'pipeline' || progress.commitSent >= state.commitIndex) continue;
    if (maySend(progress, state.nowMs)) sendAppend(state, leading, server, progress);
  }
}

export function onAppendResult(state: CoreState, leading: Leading, result: AppendResult): void {
  const server = recipient(state, leading, result.from.id);
  const progress = leading.progress.get(result.from.id);
  if (!server || !progress) return;
  onContact(state, leading, progress, result.from.id, result.echo);
  const isHeartbeat = result.echo.prevIndex === 0 && result.echo.lastIndex === 0;
  // A server that answers again is tried at once, however long it was away.
  if (isHeartbeat && result.success) progress.retryAtMs = 0;
  else onReplicationResult(state, progress, result, isHeartbeat);
  maybeCommit(state, leading);
  if (state.leading !== leading) return;
  if (hasHeard(progress, leading.departing.get(server.id))) return forget(leading, server.id);
  maybeSendTimeoutNow(state, leading);
  replicate(state, leading, server);
  // The news of a commit may have been lost with a connection, and no entry may come for long.
  const isDue = leading.commitNotifyAtMs === Number.POSITIVE_INFINITY && progress.commitSent < state.commitIndex;
  if (isHeartbeat && isDue && progress.inFlight === 0 && maySend(progress, state.nowMs))
    sendAppend(state, leading, server, progress);
}

/** A removed server knows that its removal is committed: it will not stand for election. */
const hasHeard = ({ matchIndex, commitSent, inFlight }: Progress, departing: Departing | undefined): boolean =>
  departing !== undefined && Math.min(matchIndex, commitSent) >= departing.index && inFlight === 0;

function onReplicationResult(state: CoreState, progress: Progress, result: AppendResult, isHeartbeat: boolean): void {
  if (isHeartbeat || progress.mode === 'snapshot') return;
  progress.inFlight = Math.max(0, progress.inFlight - 1);
  const { prevIndex, lastIndex } = result.echo;
  if (result.success) {
    assert(lastIndex <= state.log.lastIndex, 'a follower only has what this leader sent');
    progress.failures = 0;
    progress.retryAtMs = 0;
    progress.matchIndex = Math.max(progress.matchIndex, lastIndex);
    progress.nextIndex = Math.max(progress.nextIndex, progress.matchIndex + 1);
    progress.mode = 'pipeline';
    return;
  }
  // What it said of commits was not taken either.
  progress.commitSent = 0;
  const isProbe = progress.mode === 'probe';
  // Old news: another prefix is being tried by now.
  if (isProbe && prevIndex !== progress.nextIndex - 1) return;
  fallBack(progress, state.nowMs);
  // It had this once: its disk was replaced, or put back to an older state. What it has now is found out anew.
  if (isProbe && result.noRetryBackoff && prevIndex <= progress.matchIndex) progress.matchIndex = 0;
  progress.nextIndex = Math.max(progress.matchIndex + 1, Math.min(prevIndex, result.lastLogIndex + 1));
  if (result.noRetryBackoff) progress.retryAtMs = 0;
}

export function onSnapshotResult(state: CoreState, leading: Leading, result: SnapshotResult): void {
  const server = recipient(state, leading, result.from.id);
  const progress = leading.progress.get(result.from.id);
  if (!server || !progress) return;
  onContact(state, leading, progress, result.from.id, result.echo);
  if (progress.mode !== 'snapshot') return;
  if (result.success) {
    progress.mode = 'probe';
    progress.inFlight = 0;
    progress.failures = 0;
    progress.matchIndex = Math.max(progress.matchIndex, result.echo.lastIndex);
    progress.nextIndex = progress.matchIndex + 1;
  } else {
    fallBack(progress, state.nowMs);
  }
  maybeCommit(state, leading);
  if (state.leading === leading) replicate(state, leading, server);
}

function onContact(state: CoreState, leading: Leading, progress: Progress, id: string, sent: Echo): void {
  state.event({ kind: 'peerContact', id, elapsedMs: state.nowMs - progress.contactMs });
  progress.contactMs = state.nowMs;
  progress.ackedSentMs = Math.max(progress.ackedSentMs, sent.sentMs);
  if (sent.round > progress.ackedRound) {
    progress.ackedRound = sent.round;
    confirmReads(state, leading);
  }
}

/**
 * Commits what a quorum has, and only by counting entries of this term (Raft paper 5.4.2). The leader's own disk must have it
 * too: what is committed can then never be lost by a failing write here.
 */
export function maybeCommit(state: CoreState, leading: Leading): boolean {
  const { log, membership, self } = state;
  const reached = agreedIndex(state, (server) =>
    server.id === self.id ? log.persistedIndex : (leading.progress.get(server.id)?.matchIndex ?? 0),
  );
  const index = Math.min(reached, log.persistedIndex);
  if (index <= state.commitIndex || index < leading.startIndex) return false;
  assert(log.term(index) === state.term, 'only entries of the own term are committed by counting');
  state.commitTo(index);
  if (leading.progress.size > 0 && leading.commitNotifyAtMs === Number.POSITIVE_INFINITY) {
    leading.commitNotifyAtMs = state.nowMs + state.spread(state.options.timings.commitTimeoutMs);
  }
  if (membership.latestIndex <= index && !isVoter(membership.latest, self.id)) {
    notifyCommit(state, leading);
    state.event({ kind: 'removedSelf' });
    stepDown(state, null);
  }
  return true;
}
