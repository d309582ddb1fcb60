/** The protocol's times (wire/raft, "Timings"), in milliseconds. */
export interface Timings {
  /** A follower campaigns after 1x..2x of this without hearing from a leader. */
  readonly heartbeatTimeoutMs: number;
  /** A candidate campaigns anew after 1x..2x of this. */
  readonly electionTimeoutMs: number;
  /** A leader that did not hear from a quorum for this long steps down. Must not exceed the heartbeat timeout. */
  readonly leaderLeaseTimeoutMs: number;
  /**
   * Signs of life are 1x..2x of this apart, whatever the multiplier: Autopilot takes a server for unhealthy that did not hear from
   * its leader for 200 ms, and gives it no vote.
   */
  readonly heartbeatIntervalMs: number;
  /**
   * A leader answers reads alone for this long after it sent what a quorum has answered. More than two heartbeats apart, so that an
   * idle leader has it all the time, and short, because whoever succeeds a leader that is gone has to
   * wait for it.
   */
  readonly readLeaseMs: number;
  /**
   * A follower supports nobody else for this long after it heard from its leader, even if that leader seems to be gone. Longer than
   * the lease by as much as two clocks may differ in speed.
   */
  readonly loyaltyMs: number;
  /** Followers hear of a new commit index after 1x..2x of this if no append brings it sooner. */
  readonly commitTimeoutMs: number;
}

/** Consul's timings for `performance.raft_multiplier` (1 to 10; 5 is the default, 1 in development mode). */
export const timingsFor = (multiplier: number): Timings => ({
  heartbeatTimeoutMs: 1000 * multiplier,
  electionTimeoutMs: 1000 * multiplier,
  leaderLeaseTimeoutMs: 500 * multiplier,
  heartbeatIntervalMs: 100,
  readLeaseMs: 250 * multiplier,
  loyaltyMs: 275 * multiplier,
  commitTimeoutMs: 50,
});

/** Entries in one AppendEntries. */
export const maxAppendEntries = 64;
/** AppendEntries to one follower that were not answered yet. */
export const maxInFlight = 128;
/** Beyond this many of them only full ones are sent. */
export const eagerInFlight = 2;
