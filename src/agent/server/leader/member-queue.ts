/**
 * News of members, brought to the catalog one after the other: Raft takes one change of its configuration at a time, and what fails is
 * tried again. Of several news of one member the last counts.
 */
import type { Clock, Timer } from '../../../lib/runtime.ts';
import type { Member } from '../../gossip/member.ts';

const retryMs = 1_000;

export interface MemberQueueOptions {
  readonly clock: Clock;
  readonly reconcile: (member: Member) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

export class MemberQueue {
  readonly #options: MemberQueueOptions;
  readonly #waiting = new Map<string, Member>();
  #open = false;
  #busy = false;
  #stopped = false;
  #retry: Timer | undefined;

  constructor(options: MemberQueueOptions) {
    this.#options = options;
  }

  /** Kept until the queue is open. */
  add(member: Member): void {
    this.#waiting.delete(member.name);
    this.#waiting.set(member.name, member);
    if (this.#open) void this.#work();
  }

  open(): void {
    this.#open = true;
    void this.#work();
  }

  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    this.#retry?.cancel();
    const failed: Member[] = [];
    for (let next = this.#take(); next !== undefined && !this.#stopped; next = this.#take()) {
      try {
        await this.#options.reconcile(next);
      } catch (error) {
        if (this.#stopped) return;
        this.#options.onError(error);
        failed.push(next);
      }
    }
    this.#busy = false;
    if (this.#stopped || failed.length === 0) return;
    for (const member of failed) if (!this.#waiting.has(member.name)) this.#waiting.set(member.name, member);
    this.#retry = this.#options.clock.after(retryMs, () => void this.#work());
  }

  #take(): Member | undefined {
    const [first] = this.#waiting.values();
    if (first !== undefined) this.#waiting.delete(first.name);
    return first;
  }
}
