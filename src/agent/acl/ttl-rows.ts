/** Rows of another's table, kept for a while. What is not fresh any more stays: it may be all there is. */

interface Kept<Row> {
  readonly row: Row;
  readonly freshUntilMs: number;
}

/** Rows kept at most; the oldest go. */
const maxRows = 8192;

export class TtlRows<Row> {
  readonly #rows = new Map<string, Kept<Row>>();
  readonly #nowMs: () => number;
  readonly #ttlMs: () => number;

  /** Times by the monotonic clock. */
  constructor(nowMs: () => number, ttlMs: () => number) {
    this.#nowMs = nowMs;
    this.#ttlMs = ttlMs;
  }

  get(key: string): Row | undefined {
    return this.#rows.get(key)?.row;
  }

  /** Since the epoch of the clock; 0 for what is not there. */
  freshUntilMs(key: string): number {
    return this.#rows.get(key)?.freshUntilMs ?? 0;
  }

  isFresh(key: string): boolean {
    return this.freshUntilMs(key) > this.#nowMs();
  }

  set(key: string, row: Row): void {
    this.#rows.delete(key);
    this.#rows.set(key, { row, freshUntilMs: this.#nowMs() + this.#ttlMs() });
    if (this.#rows.size > maxRows) this.#rows.delete(this.#rows.keys().next().value as string);
  }

  delete(key: string): void {
    this.#rows.delete(key);
  }
}
