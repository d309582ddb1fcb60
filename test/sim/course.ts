/** The course of a run: time passes until something is so, and whatever breaks meanwhile ends it. */
import { asError } from '../../src/agent/raft/errors.ts';
import { SafetyBroken } from './single-checker.ts';
import type { World } from './world.ts';

const retryMs = 250;

export class Course {
  readonly #world: World;
  /** In calm weather everything comes good within this time. */
  readonly #settleMs: number;
  #failure: Error | null = null;

  constructor(world: World, settleMs: number) {
    this.#world = world;
    this.#settleMs = settleMs;
  }

  fail(error: unknown): void {
    this.#failure ??= asError(error);
  }

  pass(forMs: number): Promise<void> {
    return this.until(() => false, forMs);
  }

  /** Runs until `done` or for `forMs`; throws what went wrong meanwhile. */
  async until(done: () => boolean, forMs = this.#settleMs): Promise<void> {
    await this.#world.run(() => this.#failure !== null || done(), this.#world.nowMs + forMs);
    if (this.#failure) throw this.#failure;
  }

  /** Tries again and again, as events go by. `last`: why it is not so, when the time is up. */
  async demand(what: string, attempt: (done: () => void) => void, last: () => string = () => ''): Promise<void> {
    let over = false;
    const tick = (): void => {
      if (over) return;
      attempt(() => {
        over = true;
      });
      this.#world.after(retryMs, tick);
    };
    this.#world.after(0, tick);
    await this.until(() => over);
    if (!over) throw new SafetyBroken(`in calm weather there must be ${what}${last()}`);
  }
}
