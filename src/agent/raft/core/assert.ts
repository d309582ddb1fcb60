/** A broken invariant of the protocol. The node must stop: going on could lose what was promised. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken';
}

/** Stays on in production. `why` states what ought to hold. */
export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new InvariantBroken(`raft invariant broken: ${why}`);
}
