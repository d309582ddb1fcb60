/** Callers that wait for a confirmation of leadership. */
import { NotLeader } from './errors.ts';

export class PendingReads {
  readonly #waiting = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  #next = 1;

  /** `ask` is given the token by which the answer comes. */
  add(ask: (token: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const token = this.#next++;
      this.#waiting.set(token, { resolve, reject });
      ask(token);
    });
  }

  answer(token: number, confirmed: boolean): void {
    const read = this.#waiting.get(token);
    this.#waiting.delete(token);
    if (confirmed) read?.resolve();
    else read?.reject(new NotLeader());
  }

  rejectAll(error: () => Error): void {
    for (const read of this.#waiting.values()) read.reject(error());
    this.#waiting.clear();
  }
}
