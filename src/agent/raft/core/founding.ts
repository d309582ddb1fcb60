/**
 * The first agreement. With `bootstrap_expect` every server begins with the servers that it sees, and where more come than are expected,
 * two may begin with different ones: s1 with s1 s2 s4, s3 with s2 s3 s4. Both first entries have index 1 and term 1, so that Raft takes
 * them for the same, but s1 and s2 are a majority of the one, s3 and s4 of the other: two leaders, neither of whom ever hears of the other.
 *
 * Therefore a cluster is founded by everybody: until the first entry of a leader is committed, an election and that entry need every
 * voter, followers are sent the log from its beginning, and take the leader's first entry for their own. Of configurations that share a
 * server only one can be founded then: the server that both have has the entry of the one that came first, and gives the other no vote.
 * From there on majorities decide as ever.
 */
import type { LogEntry, RaftServer } from '../api.ts';
import { quorumOf, quorumValue, votersOf } from './configuration.ts';
import { selfDecidesAlone } from './membership.ts';
import type { CoreState } from './state.ts';

/**
 * A leader without agreement leaves one entry at most, its noop: as long as no two entries have the same term, none of them may have been
 * founded.
 */
export const isFounding = (state: CoreState): boolean =>
  state.commitIndex <= 1 && state.log.hasOneEntryATerm && !selfDecidesAlone(state);

export const votesNeeded = (state: CoreState): number =>
  isFounding(state) ? votersOf(state.membership.latest).length : quorumOf(state.membership.latest);

/** The last index that enough voters have for it to be committed. `reachedBy` is asked for voters only. */
export function agreedIndex(state: CoreState, reachedBy: (server: RaftServer) => number): number {
  const { latest } = state.membership;
  return isFounding(state) ? Math.min(...votersOf(latest).map(reachedBy)) : quorumValue(latest, reachedBy);
}

/** Whether a leader's first entry is another one than ours, which nobody has agreed to. */
export function isAnotherBeginning(state: CoreState, { index, data }: LogEntry): boolean {
  if (index !== 1 || state.commitIndex > 0 || state.log.lastIndex === 0 || !isFounding(state)) return false;
  const [own] = state.log.entries(1, 1);
  return Buffer.compare(own!.data, data) !== 0;
}
