/** Votes asked, given, refused and counted (Raft paper 5.2, 5.4.1; thesis 4.2.3, 9.6). */

import { votersOf } from './configuration.ts';
import type { LogView } from './log-view.ts';
import { mayCampaign } from './membership.ts';
import type { Peer, RequestVote, TimeoutNow, VoteResult } from './messages.ts';
import { adoptTerm, campaign, countVote, standInTurn, successionStepMs, waitForLeader } from './roles.ts';
import type { CoreState } from './state.ts';

/**
 * The leader's address refuses connections: its followers do not wait until it has been silent for long enough, but stand for
 * election one after the other in the order of the configuration, so that they do not split their votes. A leader that is only
 * slow never gets here.
 *
 * A refused connection is strong evidence and no proof: a firewall that rejects looks the same, and behind it the leader may go
 * on answering reads by its lease. Asking others does not help, they may stand before the same firewall. So everybody first keeps
 * the word that the lease stands on, and supports nobody, himself included, until `loyaltyMs` after the last contact. That
 * costs a fraction of the heartbeat timeout and makes a wrong guess harmless: at worst an election too many.
 */
export function onLeaderGone(state: CoreState, id: string): void {
  if (state.leading || state.leader === null || state.leader.id !== id) return;
  const { loyaltyMs } = state.options.timings;
  state.setLeader(null);
  state.quietUntilMs = Math.max(state.quietUntilMs, state.contactMs + loyaltyMs);
  state.event({ kind: 'leaderGone', id });
  if (mayCampaign(state) && !state.installing) standInTurn(state, Math.max(state.nowMs, state.quietUntilMs), id);
}

/** The election clock ran out: no leader, or no result. */
export function onElectionTimeout(state: CoreState): void {
  if (state.leading || state.installing) return;
  if (!mayCampaign(state)) {
    state.electionAtMs = Number.POSITIVE_INFINITY;
    if (state.leader !== null) state.event({ kind: 'standsAside' });
    state.setLeader(null);
    return;
  }
  if (state.campaign) state.event({ kind: 'electionTimeout' });
  else state.event({ kind: 'heartbeatTimeout', lastLeader: state.leader });
  campaign(state, state.options.preVote, false);
  // Not everybody may have noticed yet that the leader is gone: ask again soon.
  if (!state.leading && state.nowMs < state.successionUntilMs) {
    const heirs = votersOf(state.membership.latest).length;
    state.electionAtMs = state.nowMs + successionStepMs * (2 + heirs * state.options.random.float());
  }
}

/**
 * The leader wants this server to take over: no waiting, no asking first. If somebody else leads by now, it came late, and who leads
 * has not given up its lease.
 */
export function onTimeoutNow(state: CoreState, { term }: TimeoutNow): void {
  if (term > 0 && term !== state.term) return;
  if (state.leading || state.installing || !mayCampaign(state)) return;
  campaign(state, false, true);
}

export function onRequestVote(state: CoreState, request: RequestVote): void {
  const refusal = refusalOf(state, request);
  if (refusal !== '') state.event({ kind: 'voteRejected', candidate: request.from, reason: refusal });
  const granted = refusal === '';
  if (granted && !request.preVote) {
    state.setTerm(state.term, request.from.address);
    waitForLeader(state);
  }
  const result: VoteResult = {
    kind: 'voteResult',
    from: state.self,
    to: request.from,
    term: state.term,
    granted,
    preVote: request.preVote,
    forTerm: request.term,
  };
  if (granted && !request.preVote) state.sendAfterDisk(result);
  else state.send(result);
}

/** Why the vote is not given, '' if it is. Adopts the term of a real request that may be considered. */
function refusalOf(state: CoreState, request: RequestVote): string {
  const { log } = state;
  if (!request.leadershipTransfer) {
    // A server that can hear its leader must not help to depose it (Raft thesis 4.2.3): this also makes leases safe.
    if (hearsLeader(state, request.from.address)) return 'we have a leader';
    if (state.nowMs < state.quietUntilMs) return 'a leader may rely on us';
  }
  if (request.term < state.term) return 'older term';
  if (request.preVote && request.term === state.term) return 'older term';
  const behind = lag(log, request);
  // A server that was removed has nothing to win, and its terms must not disturb. One that we do not know yet is ahead of us.
  if (behind !== '' && isStranger(state, request.from)) return behind;
  if (request.term > state.term && !request.preVote) adoptTerm(state, request.term, null);
  if (!request.preVote && state.votedFor !== '' && state.votedFor !== request.from.address) return 'already voted';
  return behind;
}

/** In what the candidate's log is behind ours, '' if in nothing (Raft paper 5.4.1). */
function lag(log: LogView, { lastLogTerm, lastLogIndex }: RequestVote): string {
  if (log.lastTerm > lastLogTerm) return 'our last term is greater';
  return log.lastTerm === lastLogTerm && log.lastIndex > lastLogIndex ? 'our last index is greater' : '';
}

const isStranger = ({ membership }: CoreState, { id, address }: Peer): boolean =>
  !membership.latest.servers.some((server) => server.id === id || server.address === address);

/** True if another server leads and was heard within the shortest time after which a follower stands for election. */
function hearsLeader(state: CoreState, candidateAddress: string): boolean {
  if (state.leading) return true;
  if (!state.leader || state.leader.address === candidateAddress) return false;
  return state.nowMs - state.contactMs < state.options.timings.heartbeatTimeoutMs;
}

export function onVoteResult(state: CoreState, result: VoteResult): void {
  const current = state.campaign;
  if (result.term > state.term && !(result.preVote && result.granted)) {
    adoptTerm(state, result.term, null);
    return;
  }
  if (!current || current.preVote !== result.preVote || current.term !== result.forTerm || !result.granted) return;
  countVote(state, result.from);
}
