/** The properties of figure 3 of the Raft paper, seen from outside of whole servers. */
import type { Fsm, LogEntry, RaftStats } from '../../../src/agent/raft/api.ts';
import { SafetyBroken } from '../single-checker.ts';
import type { World } from '../world.ts';

interface Seen {
  term: number;
  commitIndex: number;
  appliedIndex: number;
}

export class RaftChecker {
  readonly #leaderOf = new Map<number, string>();
  readonly #applied = new Map<number, string>();
  readonly #seen = new Map<string, Seen>();

  require(holds: boolean, why: string): void {
    if (!holds) throw new SafetyBroken(why);
  }

  started(id: string): void {
    this.#seen.set(id, { term: 0, commitIndex: 0, appliedIndex: 0 });
  }

  observed(id: string, stats: RaftStats): void {
    const seen = this.#seen.get(id)!;
    this.require(stats.term >= seen.term, `${id}: the term went back`);
    this.require(stats.commitIndex >= seen.commitIndex, `${id}: the commit index went back`);
    this.require(stats.appliedIndex >= seen.appliedIndex, `${id}: the applied index went back`);
    this.require(stats.appliedIndex <= stats.commitIndex, `${id}: applied beyond what is committed`);
    this.require(stats.commitIndex <= stats.lastLogIndex, `${id}: committed beyond its log`);
    seen.term = stats.term;
    seen.commitIndex = stats.commitIndex;
    seen.appliedIndex = stats.appliedIndex;
    if (stats.role !== 'leader') return;
    const other = this.#leaderOf.get(stats.term);
    this.require(other === undefined || other === id, `election safety: ${other} and ${id} lead term ${stats.term}`);
    this.#leaderOf.set(stats.term, id);
  }

  /** A server's state machine, seen from outside. */
  watch(world: World, id: string, fsm: Fsm): Fsm {
    return {
      apply: (entries) => {
        for (const entry of entries) this.applied(id, entry);
        return fsm.apply(entries);
      },
      snapshot: () => {
        world.sometime('snapshot taken');
        return fsm.snapshot();
      },
      restore: (stream) => {
        world.sometime('state restored from a snapshot');
        return fsm.restore(stream);
      },
    };
  }

  applied(id: string, entry: LogEntry): void {
    const what = `${entry.term}:${Buffer.from(entry.data).toString('latin1')}`;
    const before = this.#applied.get(entry.index);
    this.require(before === undefined || before === what, `state machine safety: ${id} applied another ${entry.index}`);
    this.#applied.set(entry.index, what);
  }

  get terms(): number {
    return this.#leaderOf.size;
  }
}
