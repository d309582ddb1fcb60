/** Reads that need no log entry: the lease, and leadership checks shared by waiting reads (Raft thesis 6.4). */
import { quorumValue } from './configuration.ts';
import { isAlone, selfDecidesAlone } from './membership.ts';
import { broadcastHeartbeat } from './replication.ts';
import { stepDown } from './roles.ts';
import type { CoreState, Leading } from './state.ts';

export function verifyLeader(state: CoreState, token: number): void {
  const { leading } = state;
  if (!leading) {
    state.answerRead(token, false);
    return;
  }
  leading.reads.push({ token, round: 0 });
  confirmReads(state, leading);
}

/** Answers what is confirmed; opens the next round for what waits, unless one is open. */
export function confirmReads(state: CoreState, leading: Leading): void {
  if (leading.reads.length === 0) return;
  const alone = selfDecidesAlone(state);
  leading.confirmedRound = Math.max(
    leading.confirmedRound,
    quorumValue(state.membership.latest, ({ id }) =>
      id === state.self.id ? leading.round : (leading.progress.get(id)?.ackedRound ?? 0),
    ),
  );
  // Before the noop of this term is applied, something acknowledged in an older one may be missing here.
  if (state.appliedIndex >= leading.startIndex) {
    const waiting = leading.reads;
    leading.reads = waiting.filter((read) => !alone && (read.round === 0 || read.round > leading.confirmedRound));
    if (leading.reads.length < waiting.length) {
      for (const read of waiting) if (!leading.reads.includes(read)) state.answerRead(read.token, true);
    }
  }
  const open = leading.round > leading.confirmedRound;
  if (open || alone || !leading.reads.some((read) => read.round === 0)) return;
  leading.round += 1;
  for (const read of leading.reads) if (read.round === 0) read.round = leading.round;
  broadcastHeartbeat(state, leading);
}

/**
 * Until when no other leader can have been elected: followers that answered a request support nobody else for longer than the lease
 * from then on, whatever they believe of this leader (`onLeaderGone`). -Infinity = no lease.
 */
export function leaseUntilMs(state: CoreState): number {
  const { leading } = state;
  if (!leading || leading.leaseGivenUp || state.appliedIndex < leading.startIndex) return Number.NEGATIVE_INFINITY;
  if (isAlone(state) || selfDecidesAlone(state)) return Number.POSITIVE_INFINITY;
  const quorumSentMs = quorumValue(state.membership.latest, ({ id }) =>
    id === state.self.id
      ? Number.POSITIVE_INFINITY
      : (leading.progress.get(id)?.ackedSentMs ?? Number.NEGATIVE_INFINITY),
  );
  return quorumSentMs + state.options.timings.readLeaseMs;
}

/** A leader that cannot hear a quorum may have been replaced: it must not go on pretending (Raft thesis 6.2). */
export function checkLease(state: CoreState, leading: Leading): void {
  const { leaderLeaseTimeoutMs } = state.options.timings;
  const quorumContactMs = quorumValue(state.membership.latest, ({ id }) =>
    id === state.self.id ? state.nowMs : (leading.progress.get(id)?.contactMs ?? Number.NEGATIVE_INFINITY),
  );
  const untilMs = quorumContactMs + leaderLeaseTimeoutMs;
  if (untilMs <= state.nowMs) {
    state.event({ kind: 'leaseLost' });
    stepDown(state, null);
  } else {
    leading.leaseCheckAtMs = untilMs;
  }
}
