/**
 * The little of tar that snapshot archives use: plain files in ustar headers, and an end that is exactly two zero blocks.
 * Pure: blocks in, blocks out.
 */

export const blockBytes = 512;

/** Header of a file of mode 0600 that belongs to root. `modifiedAtMs`: Unix milliseconds. */
export function tarHeader(name: string, sizeBytes: number, modifiedAtMs: number): Uint8Array {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, offset: number, width: number): void => {
    block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset, 'latin1');
  };
  block.write(name, 0, 100, 'latin1');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(sizeBytes, 124, 12);
  octal(Math.floor(modifiedAtMs / 1000), 136, 12);
  block.write('0', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Zeroes that fill the last block of a member. */
export const tarPadding = (sizeBytes: number): Uint8Array => new Uint8Array(-sizeBytes & (blockBytes - 1));
export const tarEnd: Uint8Array = new Uint8Array(2 * blockBytes);

/** Sum of the bytes of a header, its own field counted as spaces. */
function checksum(block: Uint8Array): number {
  let sum = 8 * 0x20;
  for (let i = 0; i < blockBytes; i++) if (i < 148 || i >= 156) sum += block[i]!;
  return sum;
}

export type TarEvent =
  | { readonly kind: 'member'; readonly name: string; readonly sizeBytes: number }
  | { readonly kind: 'data'; readonly bytes: Uint8Array }
  /** The end of the current member. */
  | { readonly kind: 'memberEnd' };

/** Thrown when a header is none. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

/** An incremental reader. After the two zero blocks it only counts. */
export class TarReader {
  /** Bytes that came after the end. */
  extraBytes = 0;
  #header = Buffer.alloc(blockBytes);
  #filled = 0;
  #zeroBlocks = 0;
  #dataLeft = 0;
  #paddingLeft = 0;
  #skips = false;
  #isMember = false;

  /** Whether nothing came in yet. */
  get isEmpty(): boolean {
    return this.#filled === 0 && this.#zeroBlocks === 0 && !this.#isMember;
  }

  get hasEnded(): boolean {
    return this.#zeroBlocks === 2;
  }

  /** Whether the archive may end here: between members. */
  get isBetweenMembers(): boolean {
    return this.#filled === 0 && !this.#isMember;
  }

  *push(chunk: Uint8Array): Generator<TarEvent> {
    let at = 0;
    while (at < chunk.length) {
      if (this.#zeroBlocks === 2) {
        this.extraBytes += chunk.length - at;
        return;
      }
      if (this.#isMember) {
        const data = chunk.subarray(at, at + this.#dataLeft);
        if (data.length > 0 && !this.#skips) yield { kind: 'data', bytes: data };
        this.#dataLeft -= data.length;
        at += data.length;
        const padding = Math.min(this.#dataLeft === 0 ? this.#paddingLeft : 0, chunk.length - at);
        this.#paddingLeft -= padding;
        at += padding;
        yield* this.#maybeEndMember();
        continue;
      }
      const part = chunk.subarray(at, at + blockBytes - this.#filled);
      this.#header.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === blockBytes) yield* this.#onHeader();
    }
  }

  *#onHeader(): Generator<TarEvent> {
    this.#filled = 0;
    const block = this.#header;
    if (block.every((byte) => byte === 0)) {
      this.#zeroBlocks++;
      return;
    }
    const sum = Number.parseInt(field(block, 148, 8), 8);
    const size = Number.parseInt(field(block, 124, 12) || '0', 8);
    if (this.#zeroBlocks > 0 || sum !== checksum(block) || !(size >= 0)) {
      throw new TarError('archive/tar: invalid tar header');
    }
    this.#dataLeft = size;
    this.#paddingLeft = -size & (blockBytes - 1);
    this.#isMember = true;
    // Extended headers (pax) carry nothing that matters here.
    const type = String.fromCharCode(block[156]!);
    this.#skips = type === 'x' || type === 'g';
    if (!this.#skips) {
      const prefix = field(block, 257, 5) === 'ustar' ? field(block, 345, 155) : '';
      const name = field(block, 0, 100);
      yield { kind: 'member', name: prefix === '' ? name : `${prefix}/${name}`, sizeBytes: size };
    }
    yield* this.#maybeEndMember();
  }

  *#maybeEndMember(): Generator<TarEvent> {
    if (this.#dataLeft > 0 || this.#paddingLeft > 0) return;
    this.#isMember = false;
    if (!this.#skips) yield { kind: 'memberEnd' };
  }
}

/** A text field up to its NUL, without the spaces that old tools put around numbers. */
function field(block: Buffer, offset: number, width: number): string {
  const text = block.toString('latin1', offset, offset + width);
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).trim();
}
