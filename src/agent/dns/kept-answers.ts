/**
 * The hot lane: answers that still hold, by the query that got them, as bytes. Only id and serial are written anew. Where the
 * order is random, several orders are kept, each for a moment: who asks now and then always gets a new one.
 */
import type { Random } from '../../lib/runtime.ts';
import type { Answer, Client } from './answer.ts';
import type { Encoded } from './wire/encode.ts';
import type { Question } from './wire/message.ts';

const maxEntries = 4096;
const maxTotalBytes = 16 << 20;
/** Longer queries are not asked often. */
const maxQueryBytes = 512;
const orderMs = 100;
/** Orders that are kept of an answer: as many as fit in so much, and of a large one, which takes long to make, one. */
const maxOrders = 16;
const ordersBytes = 64 << 10;
const ordersOf = (answerBytes: number): number =>
  Math.max(1, Math.min(maxOrders, Math.floor(ordersBytes / answerBytes)));

export interface KeptAnswer {
  readonly answer: Answer;
  readonly question: Question | null;
  readonly orders: { encoded: Encoded; composedMs: number }[];
  sizeBytes: number;
}

export class KeptAnswers {
  readonly #random: Random;
  /** In order of age. */
  readonly #kept = new Map<string, KeptAnswer>();
  #totalBytes = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Null when the query is not known, or its answer does not hold any more. */
  find(query: Buffer, client: Client): KeptAnswer | null {
    if (this.#kept.size === 0 || query.length > maxQueryBytes) return null;
    const key = keyOf(query, client);
    const kept = this.#kept.get(key);
    if (kept === undefined) return null;
    for (const holds of kept.answer.holds!) {
      if (holds()) continue;
      this.#forget(key, kept);
      return null;
    }
    return kept;
  }

  /** One of the orders; its bytes belong to the keeper and have an id that is not the asker's. */
  choose({ answer, orders: known }: KeptAnswer, nowMs: number): Encoded {
    if (!answer.isShuffled) return known[0]!.encoded;
    const place = this.#random.int(ordersOf(known[0]!.encoded.bytes.length));
    const order = known[place];
    if (order !== undefined && nowMs - order.composedMs < orderMs) return order.encoded;
    const encoded = answer.compose();
    // They fill up from the front.
    known[Math.min(place, known.length)] = { encoded, composedMs: nowMs };
    return encoded;
  }

  keep(query: Buffer, client: Client, question: Question | null, answer: Answer, first: Encoded, nowMs: number): void {
    const sizeBytes = first.bytes.length * (answer.isShuffled ? ordersOf(first.bytes.length) : 1);
    if (answer.holds === null || query.length > maxQueryBytes) return;
    const key = keyOf(query, client);
    const before = this.#kept.get(key);
    if (before !== undefined) this.#forget(key, before);
    this.#kept.set(key, { answer, question, orders: [{ encoded: first, composedMs: nowMs }], sizeBytes });
    this.#totalBytes += sizeBytes;
    for (const [oldKey, old] of this.#kept) {
      if (this.#kept.size <= maxEntries && this.#totalBytes <= maxTotalBytes) break;
      this.#forget(oldKey, old);
    }
  }

  clear(): void {
    this.#kept.clear();
    this.#totalBytes = 0;
  }

  #forget(key: string, kept: KeptAnswer): void {
    this.#kept.delete(key);
    this.#totalBytes -= kept.sizeBytes;
  }
}

/** All of the query but its id; TCP takes longer answers. */
function keyOf(query: Buffer, { network }: Client): string {
  const text = query.toString('latin1', 2);
  return network === 'udp' ? text : `t${text}`;
}
