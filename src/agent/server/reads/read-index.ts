/**
 * Reads that a follower answers from its own state (Raft thesis 6.4): the leader says up to where everything is committed, and
 * when that is applied here, an answer from here is as good as the leader's. One question to the leader serves all reads
 * that were waiting when it was put.
 */
import type { Raft } from '../../raft/api.ts';

export interface ReadIndexOptions {
  /** Asks the leader for its commit index. `verified`: after it has confirmed with a quorum that it leads. */
  readonly ask: (verified: boolean, signal: AbortSignal) => Promise<number>;
  readonly raft: Pick<Raft, 'commitIndex' | 'whenApplied'>;
}

/** A follower farther behind than this leaves reads to the leader. */
const maxLag = 4096;

/** Thrown when this server cannot tell in time what it needs to; the leader can answer the read itself. */
export class AskTheLeader extends Error {
  override readonly name = 'AskTheLeader';
}

export class ReadIndex {
  readonly #leased: Lane;
  readonly #verified: Lane;
  #round = new AbortController();

  constructor({ ask, raft }: ReadIndexOptions) {
    const askWith = (verified: boolean) => () => ask(verified, this.#round.signal);
    this.#leased = new Lane(raft, askWith(false));
    this.#verified = new Lane(raft, askWith(true));
  }

  /** Resolves when what was committed at the time of the call is applied here. Rejects when the leader has to be asked. */
  confirm(verified: boolean): Promise<void> {
    return (verified ? this.#verified : this.#leased).join();
  }

  /** The leader is another one: what it was asked is of no use. */
  interrupt(): void {
    this.#round.abort(new AskTheLeader());
    this.#round = new AbortController();
  }
}

class Lane {
  readonly #raft: ReadIndexOptions['raft'];
  readonly #ask: () => Promise<number>;
  /** Those who come while a question is under way: they need the answer to the next one. */
  #next: PromiseWithResolvers<void> | null = null;
  #asking = false;

  constructor(raft: ReadIndexOptions['raft'], ask: () => Promise<number>) {
    this.#raft = raft;
    this.#ask = ask;
  }

  join(): Promise<void> {
    this.#next ??= Promise.withResolvers();
    const { promise } = this.#next;
    if (!this.#asking) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#asking = true;
    while (this.#next !== null) {
      const round = this.#next;
      this.#next = null;
      try {
        const index = await this.#ask();
        if (index - this.#raft.commitIndex > maxLag) throw new AskTheLeader();
        // The next question need not wait for this.
        this.#raft.whenApplied(index).then(round.resolve, round.reject);
      } catch (error) {
        round.reject(error);
      }
    }
    this.#asking = false;
  }
}
