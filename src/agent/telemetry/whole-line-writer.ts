/** Writes lines to something that may take only a part of the bytes or fail, and goes on later where it stopped. */
import type { QueuedLine, WriteResult } from './line-queue.ts';

/** Writes some of the bytes, at least one, and says how many; rejects with the system's error. */
export type WriteSome = (bytes: Uint8Array) => Promise<number>;

export class WholeLineWriter {
  readonly #writeSome: WriteSome;
  /** Bytes of the next line that are already out. */
  #partialBytes = 0;

  constructor(writeSome: WriteSome) {
    this.#writeSome = writeSome;
  }

  /** True while half a line is out: its rest must follow before anything else. */
  get midLine(): boolean {
    return this.#partialBytes > 0;
  }

  async write(lines: readonly QueuedLine[]): Promise<WriteResult> {
    const bytes = Buffer.from(joinLines(lines));
    let at = this.#partialBytes;
    try {
      while (at < bytes.length) at += await this.#writeSome(bytes.subarray(at));
    } catch (error) {
      const whole = wholeLines(lines, at);
      this.#partialBytes = at - whole.bytes;
      return { written: whole.count, error: error as Error };
    }
    this.#partialBytes = 0;
    return { written: lines.length, error: null };
  }

  /** What `write` would still have to write of these lines. */
  remaining(lines: readonly QueuedLine[]): Uint8Array {
    return Buffer.from(joinLines(lines)).subarray(this.#partialBytes);
  }
}

export function joinLines(lines: readonly QueuedLine[]): string {
  let text = '';
  for (const { line } of lines) text += line;
  return text;
}

function wholeLines(lines: readonly QueuedLine[], limitBytes: number): { count: number; bytes: number } {
  let bytes = 0;
  let count = 0;
  for (const { line } of lines) {
    const end = bytes + Buffer.byteLength(line);
    if (end > limitBytes) break;
    bytes = end;
    count++;
  }
  return { count, bytes };
}
