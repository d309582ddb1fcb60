/** The smallest state machine that can be checked: a rolling hash over every command it ever applied, and when. */
import type { Fsm, FsmSnapshot, LogEntry } from '../../src/agent/raft/api.ts';
import { hashText } from './prng.ts';

/** What the checker asks of any state machine under test; `createFsm` of a run makes one per process life. */
export interface CheckableFsm extends Fsm {
  /** Equal states have equal digests. Cheap. */
  digest(): string;
}

export interface FsmUnderTest {
  create(): CheckableFsm;
  /** Results of `apply` are the digests after each entry. */
  readonly resultIsDigest: boolean;
  /** Bytes of operation number `op`; unique for each. */
  command(op: number): Uint8Array;
}

class TinyFsm implements CheckableFsm {
  #hash = 0;
  #count = 0;

  apply(entries: readonly LogEntry[]): unknown[] {
    return entries.map((entry) => {
      this.#hash = hashText(Buffer.from(entry.data).toString('latin1'), this.#hash);
      this.#count += 1;
      return this.digest();
    });
  }

  digest(): string {
    return `${this.#count}/${this.#hash.toString(16)}`;
  }

  snapshot(): FsmSnapshot {
    const frozen = Buffer.from(JSON.stringify({ hash: this.#hash, count: this.#count }).padEnd(5000));
    return {
      write: async function* () {
        for (let at = 0; at < frozen.length; at += 700) yield frozen.subarray(at, at + 700);
      },
      release: () => {},
    };
  }

  async restore(stream: AsyncIterable<Uint8Array>): Promise<void> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const { hash, count } = JSON.parse(Buffer.concat(chunks).toString()) as { hash: number; count: number };
    this.#hash = hash;
    this.#count = count;
  }
}

export const tinyFsm: FsmUnderTest = {
  resultIsDigest: true,
  create: () => new TinyFsm(),
  command: (op) => Buffer.from(`op ${op} `.padEnd(8 + (op % 7) * 40, '.')),
};
