/**
 * Reads that a follower answers from its own state (Raft thesis 6.4): the leader says up to where everything is committed, and
 * when that is applied here, an answer from here is as good as the leader's. One question to the leader serves all reads
 * that were waiting when it was put.
 */
import type { Clock } from '../../../lib/runtime.ts';
import type { Raft } from '../../raft/api.ts';

export interface ReadIndexOptions {
  /** Asks the leader for its commit index. `verified`: after it has confirmed with a quorum that it leads. */
  readonly ask: (verified: boolean, signal: AbortSignal) => Promise<number>;
  readonly raft: Pick<Raft, 'commitIndex' | 'whenApplied'>;
  readonly clock: Clock;
}

/** A follower farther behind than this leaves reads to the leader. */
const maxLag = 4096;
/** ... as does one to which the entries do not come in time: its leader may have lost sight of it, or its disk may hang. */
const patienceMs = 1_000;

/** Thrown when this server cannot tell in time what it needs to; the leader can answer the read itself. */
export class AskTheLeader extends Error {
  override readonly name = 'AskTheLeader';
}

export class ReadIndex {
  readonly #leased: Lane;
  readonly #verified: Lane;
  #round = new AbortController();

  constructor({ ask, ...around }: ReadIndexOptions) {
    const askWith = (verified: boolean) => () => ask(verified, this.#round.signal);
    this.#leased = new Lane(around, askWith(false));
    this.#verified = new Lane(around, askWith(true));
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
  readonly #clock: Clock;
  readonly #ask: () => Promise<number>;
  /** Those who come while a question is under way: they need the answer to the next one. */
  #next: PromiseWithResolvers<void> | null = null;
  #asking = false;

  constructor({ raft, clock }: Omit<ReadIndexOptions, 'ask'>, ask: () => Promise<number>) {
    this.#raft = raft;
    this.#clock = clock;
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
        void this.#settle(round, index);
      } catch (error) {
        round.reject(error);
      }
    }
    this.#asking = false;
  }

  async #settle({ resolve, reject }: PromiseWithResolvers<void>, index: number): Promise<void> {
    const timer = this.#clock.after(patienceMs, () => reject(new AskTheLeader()));
    try {
      await this.#raft.whenApplied(index);
      resolve();
    } catch (error) {
      reject(error);
    } finally {
      timer.cancel();
    }
  }
}
