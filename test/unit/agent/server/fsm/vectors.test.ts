/** The recorded log commands of the reference, applied in order to one empty state machine. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createFsm } from '../../../../../src/agent/server/fsm/fsm.ts';
import { Store } from '../../../../../src/agent/state/store.ts';
import { silentLogger, silentMetrics } from '../../../../silent.ts';

interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly decoded: { readonly apply_result: unknown; readonly index: number };
}

const file = new URL('../../../../data/vectors/fsm.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];

/** The vectors' spelling of a result. */
function shown(result: unknown): unknown {
  if (result instanceof Error) return { $error: result.message };
  return result;
}

describe('the state machine on recorded commands', () => {
  const store = new Store(() => 0);
  const fsm = createFsm({
    store,
    clock: { nowMs: () => 0, wallMs: () => 0, after: () => ({ cancel() {} }) },
    logger: silentLogger,
    metrics: silentMetrics,
    onApplied() {},
    onRestored() {},
  });

  for (const { name, hex, decoded } of vectors) {
    const apply = () =>
      fsm.apply([
        { index: decoded.index, term: 1, type: 0, data: Buffer.from(hex, 'hex'), extensions: null, appendedAtMs: 0 },
      ])[0];
    const fatal =
      typeof decoded.apply_result === 'object' && decoded.apply_result !== null && '$fatal' in decoded.apply_result;
    if (fatal) it(`${name}: stops the server`, () => expect(apply).toThrow());
    else it(`${name}: gives the recorded result`, () => expect(shown(apply())).toEqual(decoded.apply_result));
  }
});
