/** Queries of this node that still take answers (wire facts of Serf, section 6). */
import { type QueryResponse, queryFlags } from '../messages.ts';

export interface OpenQuery {
  /** Logical time; with `id` it tells which query an answer is for. */
  readonly time: number;
  readonly id: number;
  readonly deadlineMs: number;
  readonly onAck: (from: string) => void;
  readonly onResponse: (from: string, payload: Uint8Array | null) => void;
}

interface Entry {
  readonly query: OpenQuery;
  readonly acked: Set<string>;
  readonly answered: Set<string>;
}

export class OpenQueries {
  readonly #byTime = new Map<number, Entry>();

  add(query: OpenQuery): void {
    this.#byTime.set(query.time, { query, acked: new Set(), answered: new Set() });
  }

  /** Earliest deadline, or Infinity. */
  nextMs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { query } of this.#byTime.values()) next = Math.min(next, query.deadlineMs);
    return next;
  }

  expire(nowMs: number): void {
    for (const [time, { query }] of this.#byTime) if (query.deadlineMs <= nowMs) this.#byTime.delete(time);
  }

  /** Hands an answer on, once per node; late ones and those of other queries are dropped. */
  answered(response: QueryResponse, nowMs: number): void {
    const entry = this.#byTime.get(response.LTime);
    if (entry === undefined || entry.query.id !== response.ID || nowMs > entry.query.deadlineMs) return;
    const isAck = (response.Flags & queryFlags.ack) !== 0;
    const seen = isAck ? entry.acked : entry.answered;
    if (seen.has(response.From)) return;
    seen.add(response.From);
    if (isAck) entry.query.onAck(response.From);
    else entry.query.onResponse(response.From, response.Payload);
  }
}
