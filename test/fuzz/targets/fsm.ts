/**
 * Raft commands applied to a store that already holds something: bytes that were changed at random, and good commands with
 * other names, numbers and members.
 */
import { Readable } from 'node:stream';
import { applyCommand } from '../../../src/agent/server/fsm/apply.ts';
import { readSnapshot, writeSnapshot } from '../../../src/agent/server/fsm/snapshot.ts';
import { Store } from '../../../src/agent/state/store.ts';
import { MsgpackError } from '../../../src/lib/msgpack/index.ts';
import { type Command, decodeCommand, encodeCommand } from '../../../src/structs/commands.ts';
import { fsmVectors } from '../corpus.ts';
import type { Dice } from '../dice.ts';
import { mutateValue, poolOf } from '../mutate-value.ts';
import { holds, type Target, unlessRefused } from '../target.ts';

export function fsmTarget(): Target {
  const corpus = fsmVectors();
  // Among the recorded commands are some that a server must not take.
  const good = corpus
    .map((bytes) => unlessRefused(() => decodeCommand(bytes), MsgpackError))
    .filter((command) => command !== undefined && command.name !== 'unknown') as Command[];
  const pool = poolOf(good);

  /** A good command with changes, as it would come out of the log; undefined if it cannot be written. */
  const changed = (dice: Dice): Uint8Array | undefined => {
    const { name, body } = dice.pick(good);
    const mutated = mutateValue(body, pool, dice) as typeof body;
    return unlessRefused(() => encodeCommand(name, mutated), MsgpackError, TypeError);
  };

  return {
    corpus,
    words: [],
    async run(input, dice) {
      const store = new Store(() => 0);
      let index = 10;
      // In their order they build on each other.
      const from = dice.int(good.length);
      for (const command of good.slice(from, from + dice.int(10))) applyCommand(store, index++, command);
      apply(store, index++, dice.oneIn(3) ? input : changed(dice));
      apply(store, index++, changed(dice));
      applyCommand(store, index, dice.pick(good));
      if (dice.oneIn(4)) await survivesSnapshot(store);
    },
  };
}

/** Whatever was applied can be written, read, and written again as the same bytes. */
async function survivesSnapshot(store: Store): Promise<void> {
  const written = await bytesOf(writeSnapshot(store.state, []));
  const { state } = await readSnapshot(Readable.from([written]));
  holds(written.equals(await bytesOf(writeSnapshot(state, []))), 'a snapshot restores the state it was taken of');
}

const bytesOf = async (pieces: AsyncIterable<Uint8Array>): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(pieces));

function apply(store: Store, index: number, input: Uint8Array | undefined): void {
  if (input === undefined || input.length === 0) return;
  const command = unlessRefused(() => decodeCommand(input), MsgpackError);
  if (command !== undefined && command.name !== 'unknown') applyCommand(store, index, command);
}
