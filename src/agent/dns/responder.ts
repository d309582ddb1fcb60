/** Bytes of a query in, bytes of its answer out: at once where the catalog is at hand. */

import { formatDurationMs } from '../../lib/duration.ts';
import { messageOf } from '../../lib/message-of.ts';
import type { MaybePromise, Runtime } from '../../lib/runtime.ts';
import type { Logger, Metrics } from '../telemetry/api.ts';
import type { Answer, Answerer, Client } from './answer.ts';
import { replyFlags } from './fit.ts';
import type { KeptAnswer, KeptAnswers } from './kept-answers.ts';
import { type Query, type Received, receive } from './wire/decode.ts';
import type { Encoded, Encoder } from './wire/encode.ts';
import type { Question } from './wire/message.ts';
import { nameText } from './wire/name.ts';
import { className, FLAG, typeName } from './wire/numbers.ts';

export interface ResponderOptions {
  readonly answerer: Answerer;
  readonly kept: KeptAnswers;
  readonly encoder: Encoder;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly nodeName: string;
  /** Queries that wait for somebody else; beyond, queries go unanswered as if lost. */
  readonly maxWaiting?: number;
}

export class Responder {
  readonly #options: ResponderOptions;
  readonly #maxWaiting: number;
  readonly #samples: Readonly<Record<Answer['kind'], ((ms: number) => void) | null>>;
  #waiting = 0;

  constructor(options: ResponderOptions) {
    this.#options = options;
    this.#maxWaiting = options.maxWaiting ?? 4096;
    const { metrics, nodeName } = options;
    const labels = { node: nodeName };
    this.#samples = {
      domain: metrics.sample('dns.domain_query', labels),
      pointer: metrics.sample('dns.ptr_query', labels),
      foreign: null,
    };
  }

  /** Null: no answer at all. Never throws, never rejects. The bytes are the caller's. */
  respond(bytes: Buffer, client: Client): MaybePromise<Buffer | null> {
    const startMs = this.#options.runtime.clock.nowMs();
    try {
      const known = this.#options.kept.find(bytes, client);
      if (known !== null) return this.#repeat(known, bytes, client, startMs);
    } catch (error) {
      return this.#failed(null, client, error);
    }
    const received = receive(bytes);
    switch (received.kind) {
      case 'nothing':
        return null;
      case 'refusal':
        return this.#refuse(received);
      case 'query':
        return this.#answer(received.query, bytes, client, startMs);
    }
  }

  #answer(query: Query, bytes: Buffer, client: Client, startMs: number): MaybePromise<Buffer | null> {
    if (this.#waiting >= this.#maxWaiting) return null;
    try {
      const answer = this.#options.answerer.answer(query, client);
      if (!(answer instanceof Promise)) return this.#finish(query, bytes, client, startMs, answer);
      this.#waiting++;
      return answer
        .then((late) => this.#finish(query, bytes, client, startMs, late))
        .catch((error) => this.#failed(query, client, error))
        .finally(() => {
          this.#waiting--;
        });
    } catch (error) {
      return this.#failed(query, client, error);
    }
  }

  #repeat(known: KeptAnswer, bytes: Buffer, client: Client, startMs: number): Buffer {
    const { kept } = this.#options;
    const sent = this.#copy(kept.choose(known, startMs), bytes);
    this.#served(known.answer, known.question, client, startMs);
    return sent;
  }

  #refuse({ id, flags, rcode }: Extract<Received, { kind: 'refusal' }>): Buffer {
    const all = replyFlags(flags) | (flags & FLAG.rd) | rcode;
    const message = { id, flags: all, question: null, answer: [], authority: [], additional: [] };
    return this.#options.encoder.encode(message, true).bytes;
  }

  #finish(query: Query, bytes: Buffer, client: Client, startMs: number, answer: Answer): Buffer {
    const { kept } = this.#options;
    const encoded = answer.compose();
    kept.keep(bytes, client, query.question, answer, encoded, startMs);
    const sent = this.#copy(encoded, bytes);
    this.#served(answer, query.question, client, startMs);
    return sent;
  }

  #served({ kind }: Answer, question: Question | null, client: Client, startMs: number): void {
    const { runtime, logger } = this.#options;
    const tookMs = runtime.clock.nowMs() - startMs;
    this.#samples[kind]?.(tookMs);
    if (question === null || !logger.enabled('debug')) return;
    logger.debug('request served from client', {
      name: nameText(question.name),
      type: typeName(question.type),
      class: className(question.class),
      latency: formatDurationMs(tookMs),
      client: `${client.address}:${client.port}`,
      client_network: client.network,
    });
  }

  /** The message with the id of the query, and the time as the serial of the zone. */
  #copy({ bytes, serialAt }: Encoded, query: Buffer): Buffer {
    const copy = Buffer.allocUnsafe(bytes.length);
    copy.set(bytes);
    copy[0] = query[0]!;
    copy[1] = query[1]!;
    if (serialAt > 0) copy.writeUInt32BE(Math.floor(this.#options.runtime.clock.wallMs() / 1000) >>> 0, serialAt);
    return copy;
  }

  /** What cannot be said in a message is said here; a broken rule of ours likewise, and the next query is served. */
  #failed(query: Query | null, { address, port, network }: Client, error: unknown): null {
    const { logger } = this.#options;
    const question = query?.question ?? null;
    logger.warn('failed to respond', {
      question: question === null ? '' : nameText(question.name),
      client: `${address}:${port}`,
      client_network: network,
      error: messageOf(error),
    });
    return null;
  }
}
