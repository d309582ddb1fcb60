/** The real state machine under the simulation: key/value writes to a small set of keys, so that they overwrite each other. */
import { createFsm } from '../../src/agent/server/fsm/fsm.ts';
import { maxIndex, Store } from '../../src/agent/state/store.ts';
import { encodeCommand } from '../../src/structs/commands.ts';
import { silentLogger, silentMetrics } from '../silent.ts';
import { hashText } from './prng.ts';
import type { CheckableFsm, FsmUnderTest } from './tiny-fsm.ts';

const keys = 30;

function create(): CheckableFsm {
  const store = new Store(() => 0);
  const fsm = createFsm({
    store,
    clock: { wallMs: () => 0, nowMs: () => 0, after: () => ({ cancel: () => {} }) },
    logger: silentLogger,
    metrics: silentMetrics,
    onApplied: () => {},
    onRestored: () => {},
  });
  return {
    apply: (entries) => fsm.apply(entries),
    snapshot: () => fsm.snapshot(),
    restore: (stream) => fsm.restore(stream),
    digest: () => {
      let hash = 0;
      for (const row of store.state.tables.kvs.rows.values()) {
        hash = hashText(`${row.key} ${row.createIndex} ${row.modifyIndex} ${row.value};`, hash);
      }
      return `${maxIndex(store.state, 'kvs', 'tombstones')}/${hash.toString(16)}`;
    },
  };
}

export const storeFsm: FsmUnderTest = {
  create,
  resultIsDigest: false,
  command: (op) =>
    encodeCommand('kv', {
      Datacenter: 'dc1',
      Op: op % 11 === 10 ? 'delete' : 'set',
      DirEnt: {
        LockIndex: 0,
        Key: `key ${op % keys}`,
        Flags: 0,
        Value: Buffer.from(`op ${op} `.padEnd(8 + (op % 7) * 100, '.')),
        Session: '',
        CreateIndex: 0,
        ModifyIndex: 0,
      },
      Token: '',
    }),
};
