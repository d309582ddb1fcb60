/**
 * The same bytes in memory of their own: for what is kept for long. Node makes short buffers out of blocks of 64 KiB, and one of
 * them that is kept keeps its whole block.
 */
export function ownMemory(bytes: Buffer): Buffer {
  if (bytes.length === bytes.buffer.byteLength) return bytes;
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
