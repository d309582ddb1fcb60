/** Snapshots for operators: the archive of `consul snapshot save`, made from Raft's and given back to it. */

import { type PackedArchive, packArchive, readArchive } from '../../snapshot/index.ts';
import { RpcError } from '../errors.ts';
import type { Raft } from '../raft/api.ts';
import { asError } from '../raft/errors.ts';

export async function saveArchive(
  raft: Raft,
  signal?: AbortSignal,
): Promise<{ readonly index: number; readonly archive: AsyncIterable<Uint8Array> }> {
  try {
    const { about, stream } = await raft.openSnapshot();
    const packed = await packArchive(about, until(stream, signal));
    return { index: about.index, archive: once(packed) };
  } catch (error) {
    throw new RpcError(asError(error).message, 500, { cause: error });
  }
}

async function* once(packed: PackedArchive): AsyncGenerator<Uint8Array> {
  try {
    yield* packed.read();
  } finally {
    await packed.dispose();
  }
}

/** The archive is checked completely before anything is touched. Resolves when a quorum has the new state. */
export async function restoreArchive(
  raft: Raft,
  archive: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    const opened = await readArchive(until(archive, signal));
    try {
      await raft.restoreSnapshot(opened.meta, opened.state);
      await raft.barrier();
    } finally {
      await opened.dispose();
    }
  } catch (error) {
    throw new RpcError(asError(error).message, 500, { cause: error });
  }
}

/** The same bytes, until the signal says to stop. */
async function* until(stream: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    yield chunk;
  }
}
