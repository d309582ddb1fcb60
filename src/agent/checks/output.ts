/** The end of an output of any length, in bounded memory. */

export class OutputTail {
  readonly #limitBytes: number;
  #chunks: Uint8Array[] = [];
  #keptBytes = 0;
  totalBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  write(chunk: Uint8Array): void {
    this.totalBytes += chunk.length;
    this.#chunks.push(chunk.length > this.#limitBytes ? chunk.slice(-this.#limitBytes) : chunk);
    this.#keptBytes += this.#chunks.at(-1)!.length;
    // Joined now and then, so that many small pieces cost no more than one large one.
    if (this.#keptBytes > 2 * this.#limitBytes || this.#chunks.length > 256) this.#chunks = [this.#join()];
  }

  get isCut(): boolean {
    return this.totalBytes > this.#limitBytes;
  }

  /** Bytes that `text` stands for. */
  get capturedBytes(): number {
    return Math.min(this.totalBytes, this.#limitBytes);
  }

  /** What is no UTF-8 becomes U+FFFD. */
  text(): string {
    return this.#join().toString('utf8');
  }

  #join(): Buffer {
    const all = Buffer.concat(this.#chunks);
    const kept = all.subarray(Math.max(0, all.length - this.#limitBytes));
    this.#keptBytes = kept.length;
    // A copy where it is the smaller part: the rest is let go.
    return kept.length < all.length ? Buffer.from(kept) : kept;
  }
}

/** The beginning of a text, with a note on how much there was. */
export function cutText(text: string, limitBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limitBytes) return text;
  const kept = bytes.subarray(0, limitBytes).toString('utf8');
  return `${kept} ... (captured ${limitBytes} of ${bytes.length} bytes)`;
}
