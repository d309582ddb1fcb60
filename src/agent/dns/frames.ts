/** Messages on TCP: each with its length in two bytes before it (RFC 1035, 4.2.2). */

/** Collects what comes in pieces. Holds less than one message between pieces. */
export class Frames {
  #pieces: Buffer[] = [];
  #have = 0;

  /** The messages that are complete now. */
  push(piece: Buffer): Buffer[] {
    this.#pieces.push(piece);
    this.#have += piece.length;
    if (this.#have < 2) return [];
    if (this.#pieces.length > 1 && this.#have < 2 + this.#length()) return [];
    let rest = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces, this.#have);
    const messages: Buffer[] = [];
    for (;;) {
      const end = rest.length < 2 ? Number.POSITIVE_INFINITY : 2 + ((rest[0]! << 8) | rest[1]!);
      if (end > rest.length) break;
      messages.push(rest.subarray(2, end));
      rest = rest.subarray(end);
    }
    this.#pieces = rest.length === 0 ? [] : [rest];
    this.#have = rest.length;
    return messages;
  }

  /** Length of the message at the front; its two bytes may be in two pieces. */
  #length(): number {
    const [first, second] = this.#pieces;
    return (first![0]! << 8) | (first!.length > 1 ? first![1]! : second![0]!);
  }
}

export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(2 + message.length);
  frame.writeUInt16BE(message.length, 0);
  frame.set(message, 2);
  return frame;
}
