/** The properties of figure 3 of the Raft paper, and what reads promise. Throws SafetyBroken when one does not hold. */
import type { LogEntry } from '../../src/agent/raft/api.ts';
import type { RaftCore } from '../../src/agent/raft/core/core.ts';
import type { HardState } from '../../src/agent/raft/core/effects.ts';
import type { LogStore } from '../../src/agent/raft/log-store.ts';
import { SafetyBroken } from './single-checker.ts';

interface Seen {
  term: number;
  commitIndex: number;
  appliedIndex: number;
}

const identity = (entry: LogEntry): string =>
  `${entry.term}:${entry.type}:${Buffer.from(entry.data).toString('latin1')}`;

export class ClusterChecker {
  /** Election safety: at most one leader a term. */
  readonly #leaderOf = new Map<number, string>();
  /** State machine safety: what was applied at an index, anywhere. */
  readonly #applied = new Map<number, string>();
  readonly #appliedTexts = new Map<string, Set<string>>();
  readonly #seen = new Map<string, Seen>();
  highestCommitted = 0;

  require(holds: boolean, why: string): void {
    if (!holds) throw new SafetyBroken(why);
  }

  started(id: string, snapshotIndex: number): void {
    this.#seen.set(id, { term: 0, commitIndex: snapshotIndex, appliedIndex: snapshotIndex });
  }

  /** Vote and term on disk only go forward. */
  voted(id: string, before: HardState, after: HardState): void {
    this.require(after.term >= before.term, `${id}: the stored term went back`);
    const changed = after.term === before.term && before.votedFor !== '' && before.votedFor !== after.votedFor;
    this.require(!changed, `${id}: two votes in term ${after.term}`);
  }

  elected(id: string, core: RaftCore): void {
    const other = this.#leaderOf.get(core.term);
    this.require(other === undefined || other === id, `election safety: ${other} and ${id} lead term ${core.term}`);
    this.#leaderOf.set(core.term, id);
    // Leader completeness: everything committed so far is in the log of every later leader.
    for (let index = Math.max(core.log.firstIndex, 1); index <= this.highestCommitted; index++) {
      const committed = this.#applied.get(index);
      if (committed === undefined) continue;
      this.require(index <= core.log.lastIndex, `leader completeness: ${id} lacks committed entry ${index}`);
      const term = core.log.term(index);
      this.require(
        committed.startsWith(`${term}:`),
        `leader completeness: ${id} has term ${term} at ${index}, committed was ${committed}`,
      );
    }
  }

  observed(id: string, core: RaftCore): void {
    const seen = this.#seen.get(id)!;
    this.require(core.term >= seen.term, `${id}: the term went back`);
    this.require(core.commitIndex >= seen.commitIndex, `${id}: the commit index went back`);
    this.require(core.appliedIndex >= seen.appliedIndex, `${id}: the applied index went back`);
    this.require(core.commitIndex <= core.log.lastIndex, `${id}: committed beyond its log`);
    seen.term = core.term;
    seen.commitIndex = core.commitIndex;
    seen.appliedIndex = core.appliedIndex;
  }

  applied(id: string, entry: LogEntry, store: LogStore): void {
    const what = identity(entry);
    const before = this.#applied.get(entry.index);
    this.require(
      before === undefined || before === what,
      `state machine safety: ${entry.index} is ${before} and ${what}`,
    );
    this.require(store.lastIndex >= entry.index, `${id} applied ${entry.index} before it was on its disk`);
    this.#applied.set(entry.index, what);
    this.highestCommitted = Math.max(this.highestCommitted, entry.index);
    const text = Buffer.from(entry.data).toString('latin1');
    const who = this.#appliedTexts.get(text) ?? new Set();
    who.add(id);
    this.#appliedTexts.set(text, who);
  }

  /** A snapshot brings everything up to its index. */
  installed(id: string, index: number): void {
    for (const [at, what] of this.#applied) {
      if (at > index) continue;
      const text = what.slice(what.indexOf(':', what.indexOf(':') + 1) + 1);
      this.#appliedTexts.get(text)?.add(id);
    }
  }

  hasApplied(id: string, text: string): boolean {
    return this.#appliedTexts.get(text)?.has(id) ?? false;
  }

  /** A read sees everything that anybody had applied when it was asked. */
  readConfirmed(id: string, appliedIndex: number, committedThen: number): void {
    this.require(
      appliedIndex >= committedThen,
      `stale read: ${id} answered at ${appliedIndex} although ${committedThen} was applied when it was asked`,
    );
  }
}
