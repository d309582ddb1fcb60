/** The one error of this codec. */

export type MsgpackReason =
  /** The input ends inside a value; with more bytes it may become good. */
  | 'truncated'
  /** No MessagePack at all, or nested too deeply. */
  | 'malformed'
  /** Good MessagePack that does not fit the schema (a float for an integer, a number too big for its field). */
  | 'mismatch'
  /** A value handed to the encoder that its schema cannot hold. */
  | 'unencodable';

export class MsgpackError extends Error {
  override readonly name = 'MsgpackError';
  readonly reason: MsgpackReason;
  /** Byte offset of the offending value; 0 when encoding. */
  readonly offset: number;
  constructor(reason: MsgpackReason, message: string, offset = 0) {
    super(`msgpack: ${message}${reason === 'unencodable' ? '' : ` (at byte ${offset})`}`);
    this.reason = reason;
    this.offset = offset;
  }
}
