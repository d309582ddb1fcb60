/** What must always hold for one server, whatever happens to its disk and its power. Throws SafetyBroken otherwise. */
import type { LogEntry, RaftStats } from '../../src/agent/raft/api.ts';

export class SafetyBroken extends Error {
  override readonly name = 'SafetyBroken';
}

const check = (holds: boolean, why: string): void => {
  if (!holds) throw new SafetyBroken(why);
};

type Outcome = 'open' | 'acknowledged' | 'refused' | 'unknown';

export class SingleChecker {
  /** Command text by index, of everything that was ever applied. On one server nothing that was applied may change. */
  readonly #applied = new Map<number, string>();
  readonly #indexOf = new Map<string, number>();
  readonly #digests = new Map<number, string>();
  readonly #outcomes = new Map<string, Outcome>();
  #highestApplied = 0;
  #appliedNow = 0;
  #last: RaftStats | null = null;
  acknowledged = 0;
  /** Digests an operator's snapshot may have brought, while the outcome is open. */
  readonly #possibleRestores = new Set<string>();

  /** `emptyDigest`: of a state machine that never applied anything. */
  constructor(emptyDigest: string) {
    this.#digests.set(0, emptyDigest);
  }

  started(): void {
    this.#appliedNow = 0;
    this.#last = null;
  }

  proposed(command: string): void {
    this.#outcomes.set(command, 'open');
  }

  /** The state machine is at `index` by a snapshot. */
  restored(digest: string): void {
    const known = [...this.#digests].find(([, past]) => past === digest);
    check(
      known !== undefined || this.#possibleRestores.has(digest) || this.#digests.size === 0,
      `restored a state that never was: ${digest}`,
    );
    this.#appliedNow = 0;
  }

  restoring(digest: string): void {
    this.#possibleRestores.add(digest);
  }

  /** An operator's snapshot was accepted: it is the state at `index`. */
  replaced(index: number, digest: string): void {
    check(index > this.#highestApplied, 'a restored state continues after everything there was');
    this.#digests.set(index, digest);
    this.#highestApplied = index;
    this.#appliedNow = index;
  }

  applied(entry: LogEntry, digest: string): void {
    const text = Buffer.from(entry.data).toString('latin1');
    check(entry.index > this.#appliedNow, `entry ${entry.index} applied after ${this.#appliedNow}`);
    this.#appliedNow = entry.index;
    const before = this.#applied.get(entry.index);
    check(before === undefined || before === text, `entry ${entry.index} was ${before} and is now ${text}`);
    const elsewhere = this.#indexOf.get(text);
    check(elsewhere === undefined || elsewhere === entry.index, `${text} applied at ${elsewhere} and ${entry.index}`);
    check(this.#outcomes.has(text), `${text} was never proposed`);
    check(this.#outcomes.get(text) !== 'refused', `${text} was refused and is applied`);
    const digestBefore = this.#digests.get(entry.index);
    check(
      digestBefore === undefined || digestBefore === digest,
      `state at ${entry.index} was ${digestBefore}, is ${digest}`,
    );
    this.#applied.set(entry.index, text);
    this.#indexOf.set(text, entry.index);
    this.#digests.set(entry.index, digest);
    this.#highestApplied = Math.max(this.#highestApplied, entry.index);
  }

  /** `result`: undefined where the state machine's results tell nothing. */
  acknowledgedAt(command: string, index: number, result: unknown): void {
    check(this.#outcomes.get(command) === 'open', `${command} has two outcomes`);
    check(this.#applied.get(index) === command, `${command} acknowledged at ${index} but not applied there`);
    check(result === undefined || this.#digests.get(index) === result, `${command} got the result of another`);
    this.#outcomes.set(command, 'acknowledged');
    this.acknowledged += 1;
  }

  /** The proposer was told that nothing happened. */
  refused(command: string): void {
    check(!this.#indexOf.has(command), `${command} was refused although it is applied`);
    this.#outcomes.set(command, 'refused');
  }

  unknown(command: string): void {
    if (this.#outcomes.get(command) === 'open') this.#outcomes.set(command, 'unknown');
  }

  /** Called now and then: nothing goes backward within a life. */
  observed(stats: RaftStats): void {
    const last = this.#last;
    this.#last = stats;
    check(
      stats.appliedIndex <= stats.commitIndex && stats.commitIndex <= stats.lastLogIndex,
      'applied <= committed <= last',
    );
    if (!last) return;
    check(stats.term >= last.term, 'the term went back');
    check(stats.commitIndex >= last.commitIndex, 'the commit index went back');
    check(stats.appliedIndex >= last.appliedIndex, 'the applied index went back');
    check(stats.lastSnapshotIndex >= last.lastSnapshotIndex, 'the snapshot index went back');
  }

  /** After recovery: everything that was applied before is there again, in the same order, and nothing else before it. */
  recovered(stats: RaftStats, digest: string): void {
    check(
      stats.appliedIndex >= this.#highestApplied,
      `applied through ${this.#highestApplied} once, now ${stats.appliedIndex}`,
    );
    if (this.#possibleRestores.has(digest) && stats.lastSnapshotIndex > this.#highestApplied) {
      this.replaced(stats.lastSnapshotIndex, digest);
    }
    const latest = this.#digests.get(this.#highestApplied);
    check(latest === undefined || latest === digest, `the state is ${digest} and was ${latest}`);
  }

  /** A read that was confirmed must see everything acknowledged before. */
  read(digestBefore: string, digestNow: string): void {
    const countOf = (digest: string): number => Number(digest.split('/')[0]);
    check(countOf(digestNow) >= countOf(digestBefore), `a confirmed read saw ${digestNow} after ${digestBefore}`);
  }
}
