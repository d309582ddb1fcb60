/** Raft commands: decoded from garbage and applied to a store that already holds something. */
import { applyCommand } from '../../../src/agent/server/fsm/apply.ts';
import { Store } from '../../../src/agent/state/store.ts';
import { MsgpackError } from '../../../src/lib/msgpack/index.ts';
import { type Command, decodeCommand } from '../../../src/structs/commands.ts';
import { fsmVectors } from '../corpus.ts';
import { mutate } from '../mutate.ts';
import { type Target, unlessRefused } from '../target.ts';

export function fsmTarget(): Target {
  const corpus = fsmVectors();
  // Among the recorded commands are some that a server must not take.
  const good = corpus
    .map((bytes) => unlessRefused(() => decodeCommand(bytes), MsgpackError))
    .filter((command) => command !== undefined && command.name !== 'unknown') as Command[];
  return {
    corpus,
    words: [],
    run(input, dice) {
      const store = new Store(() => 0);
      let index = 10;
      for (let count = dice.int(6); count > 0; count--) applyCommand(store, index++, dice.pick(good));
      apply(store, index++, input);
      if (dice.oneIn(2)) apply(store, index++, mutate(corpus, [], dice));
      applyCommand(store, index, dice.pick(good));
    },
  };

  function apply(store: Store, index: number, input: Uint8Array): void {
    if (input.length === 0) return;
    const command = unlessRefused(() => decodeCommand(input), MsgpackError);
    if (command === undefined || command.name === 'unknown') return;
    applyCommand(store, index, command);
  }
}
