import { describe, expect, it } from 'vitest';
import { parseChunkInfo } from '../../../../../src/agent/server/fsm/chunks.ts';
import { readVectors, unhex } from '../../../lib/msgpack/vectors.ts';

describe('the place of a piece of a large command', () => {
  it.each(readVectors('raft.json').filter(({ name }) => name.startsWith('chunk-info')))(
    '$name is read as recorded',
    (vector) => {
      const { op_num, sequence_num, num_chunks } = vector.decoded as Record<string, number>;
      expect(parseChunkInfo(unhex(vector.hex))).toEqual({
        operation: BigInt(op_num!),
        sequence: sequence_num,
        total: num_chunks,
      });
    },
  );

  it('is nothing when it is garbage', () => {
    for (const hex of ['08', '0880', '22', '2205', '0b', '08ffffffffffffffffffffff']) {
      expect(parseChunkInfo(unhex(hex)), hex).toBeNull();
    }
  });
});
