/** MessagePack of every command body, decoded from garbage and written again. */
import { decodeAt, encode, MsgpackError } from '../../../src/lib/msgpack/index.ts';
import { commands } from '../../../src/structs/commands.ts';
import type { Schema } from '../../../src/structs/schema.ts';
import { fsmVectors, msgpackVectors } from '../corpus.ts';
import { holds, type Target, unlessRefused } from '../target.ts';

export function msgpackTarget(): Target {
  const schemas = Object.values(commands).map(({ body }) => body as Schema<unknown>);
  return {
    corpus: [...msgpackVectors(), ...fsmVectors().map((command) => command.subarray(1))],
    words: [],
    run(input, dice) {
      const schema = dice.pick(schemas);
      const decoded = unlessRefused(() => decodeAt(schema, input, 0), MsgpackError);
      if (decoded === undefined) return;
      holds(decoded.end <= input.length, 'a value ends inside the input');
      // A command about a config entry that carries none can be read, and is refused later.
      const written = unlessRefused(() => encode(schema, decoded.value), MsgpackError);
      if (written === undefined) return;
      const again = encode(schema, decodeAt(schema, written, 0).value);
      holds(Buffer.compare(written, again) === 0, 'what was written reads back as itself');
    },
  };
}
