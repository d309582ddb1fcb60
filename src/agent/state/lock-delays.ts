/**
 * After a session was invalidated its locks cannot be taken for a while, so that the old holder notices. Kept by each
 * server for itself, in its own time, and consulted by the leader only: it is not part of the replicated state.
 */
export class LockDelays {
  readonly #untilMs = new Map<string, number>();
  readonly #nowMs: () => number;
  readonly #pending: { readonly key: string; readonly untilMs: number }[] = [];
  #sweepAt = 1024;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Takes effect with the commit of the command. */
  set(key: string, delayMs: number): void {
    this.#pending.push({ key, untilMs: this.#nowMs() + delayMs });
  }

  active(key: string): boolean {
    const untilMs = this.#untilMs.get(key);
    if (untilMs === undefined) return false;
    if (untilMs > this.#nowMs()) return true;
    this.#untilMs.delete(key);
    return false;
  }

  commit(): void {
    if (this.#pending.length === 0) return;
    for (const { key, untilMs } of this.#pending) this.#untilMs.set(key, untilMs);
    this.#pending.length = 0;
    if (this.#untilMs.size > this.#sweepAt) this.#sweep();
  }

  rollback(): void {
    this.#pending.length = 0;
  }

  clear(): void {
    this.#pending.length = 0;
    this.#untilMs.clear();
  }

  /** Forgets what is over whenever the number of entries has doubled since the last time. */
  #sweep(): void {
    const nowMs = this.#nowMs();
    for (const [key, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(key);
    this.#sweepAt = Math.max(1024, this.#untilMs.size * 2);
  }
}
