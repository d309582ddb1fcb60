/** How far a transfer of bytes is, and how fast it goes. Pure but for the clock that is given. */
import { byteSize } from './byte-size.ts';

export class ByteMeter {
  readonly #totalBytes: number | undefined;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #bytes = 0;

  /** `totalBytes` where it is known beforehand. */
  constructor(nowMs: () => number, totalBytes?: number) {
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
    this.#totalBytes = totalBytes;
  }

  /** `12.1MB of 40MB (30%), 4.2MB/s` */
  get text(): string {
    const seconds = (this.#nowMs() - this.#startMs) / 1000;
    const rate = seconds > 0 ? `, ${byteSize(this.#bytes / seconds)}/s` : '';
    const total = this.#totalBytes;
    if (total === undefined || total === 0) return byteSize(this.#bytes) + rate;
    const percent = Math.floor((100 * this.#bytes) / total);
    return `${byteSize(this.#bytes)} of ${byteSize(total)} (${percent}%)${rate}`;
  }

  /** The chunks as they come; `onChunk` is called when each was counted. */
  async *count(chunks: AsyncIterable<Uint8Array>, onChunk: (text: string) => void): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#bytes += chunk.length;
      onChunk(this.text);
      yield chunk;
    }
  }
}
