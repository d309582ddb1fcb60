/** All changes of role go through these functions (Raft paper, figure 4). */
import { entryTypes } from '../api.ts';
import { assert } from './assert.ts';
import { isVoter, votersOf } from './configuration.ts';
import { isFounding, votesNeeded } from './founding.ts';
import { mayCampaign, selfDecidesAlone } from './membership.ts';
import type { Peer } from './messages.ts';
import { broadcastHeartbeat, ensureProgress, maybeCommit, replicateToAll } from './replication.ts';
import type { CoreState, Leading } from './state.ts';

/** Back to follower in the current term. Who was one keeps its election clock: only leaders and given votes reset it. */
export function stepDown(state: CoreState, leader: Peer | null): void {
  const { leading } = state;
  state.leading = null;
  state.campaign = null;
  if (leading) for (const read of leading.reads) state.answerRead(read.token, false);
  const wasFollower = state.role === 'follower';
  state.setLeader(leader);
  if (wasFollower) return;
  state.setRole('follower');
  waitForLeader(state);
}

/** A higher term was seen: everything of the old one is over. */
export function adoptTerm(state: CoreState, term: number, leader: Peer | null): void {
  assert(term > state.term, 'terms go up');
  state.setTerm(term, '');
  // Who leads a term that is over may not know it yet: the word given to it holds.
  if (!leader) state.quietUntilMs = Math.max(state.quietUntilMs, state.contactMs + state.options.timings.loyaltyMs);
  stepDown(state, leader);
}

/** Starts the election clock anew. Who may not stand for election only watches whether its leader is still there. */
export function waitForLeader(state: CoreState): void {
  state.electionAtMs =
    mayCampaign(state) || state.leader !== null
      ? state.nowMs + state.spread(state.options.timings.heartbeatTimeoutMs)
      : Number.POSITIVE_INFINITY;
}

/** Between two servers that stand for election in turn: the first wins before the next one tries. */
export const successionStepMs = 40;

/**
 * There is no leader, and everybody learns of it at about the same time: servers stand for election from `fromMs` on, one after the
 * other in the order of the configuration, so that they do not split their votes.
 */
export function standInTurn(state: CoreState, fromMs: number, without = ''): void {
  const heirs = votersOf(state.membership.latest).filter((server) => server.id !== without);
  const rank = heirs.findIndex((server) => server.id === state.self.id);
  state.successionUntilMs = fromMs + state.options.timings.heartbeatTimeoutMs;
  state.electionAtMs = fromMs + successionStepMs * (rank + state.options.random.float());
}

/** Calls an election, or asks first whether one would be won. */
export function campaign(state: CoreState, preVote: boolean, transfer: boolean): void {
  assert(mayCampaign(state), 'only voters stand for election');
  assert(!state.leading, 'a leader does not campaign');
  state.setLeader(null);
  const alone = selfDecidesAlone(state);
  const asking = preVote && !alone;
  if (!asking) {
    state.setTerm(state.term + 1, '');
    state.setTerm(state.term, state.self.address);
    state.setRole('candidate');
  }
  const term = asking ? state.term + 1 : state.term;
  state.campaign = { preVote: asking, transfer, term, votes: new Set() };
  state.electionAtMs = state.nowMs + state.spread(state.options.timings.electionTimeoutMs);
  const needed = votesNeeded(state);
  state.event({ kind: 'campaign', preVote: asking, term, needed, founding: isFounding(state) });
  for (const { id, address } of votersOf(state.membership.latest)) {
    if (id === state.self.id) continue;
    state.send({
      kind: 'requestVote',
      from: state.self,
      to: { id, address },
      term,
      lastLogIndex: state.log.lastIndex,
      lastLogTerm: state.log.lastTerm,
      leadershipTransfer: transfer,
      preVote: asking,
    });
  }
  // A pre-vote changes nothing on disk; the real vote for oneself counts once it is durable.
  if (asking) countVote(state, state.self);
}

/** Counts one vote; a won pre-vote becomes an election, a won election leadership. */
export function countVote(state: CoreState, from: Peer): void {
  const current = state.campaign;
  assert(current !== null, 'votes are counted during a campaign');
  if (current.votes.has(from.id) || !isVoter(state.membership.latest, from.id)) return;
  current.votes.add(from.id);
  state.event({ kind: 'vote', from, term: current.term, tally: current.votes.size });
  if (current.votes.size < votesNeeded(state)) return;
  if (current.preVote) campaign(state, false, current.transfer);
  else becomeLeader(state, current.votes.size);
}

function becomeLeader(state: CoreState, tally: number): void {
  assert(state.role === 'candidate' && state.votedFor === state.self.address, 'leaders are elected candidates');
  const { timings } = state.options;
  state.event({ kind: 'electionWon', tally });
  state.campaign = null;
  state.electionAtMs = Number.POSITIVE_INFINITY;
  state.setRole('leader');
  state.setLeader(state.self);
  const leading: Leading = {
    startIndex: state.log.lastIndex + 1,
    progress: new Map(),
    departing: new Map(),
    heartbeatAtMs: 0,
    leaseCheckAtMs: state.nowMs + timings.leaderLeaseTimeoutMs,
    commitNotifyAtMs: Number.POSITIVE_INFINITY,
    round: 0,
    confirmedRound: 0,
    reads: [],
    transfer: null,
    leaseGivenUp: false,
  };
  state.leading = leading;
  ensureProgress(state, leading, state.membership.committed);
  // Entries of earlier terms become committed with the first of this one (Raft paper 5.4.2, 8).
  state.append([
    {
      index: leading.startIndex,
      term: state.term,
      type: entryTypes.noop,
      data: new Uint8Array(),
      extensions: null,
      appendedAtMs: state.options.wallMs(),
    },
  ]);
  broadcastHeartbeat(state, leading);
  replicateToAll(state, leading);
  maybeCommit(state, leading);
}
