import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createFsm } from '../../../../../src/agent/server/fsm/fsm.ts';
import { Store } from '../../../../../src/agent/state/store.ts';
import { readArchive, readState, type StateRecord } from '../../../../../src/snapshot/index.ts';
import { encodeCommand } from '../../../../../src/structs/commands.ts';
import { silentLogger, silentMetrics } from '../../../../silent.ts';

const archives = new URL('../../../../data/vectors/snapshots/', import.meta.url);

function machine() {
  const store = new Store(() => 0);
  const told: string[] = [];
  const fsm = createFsm({
    store,
    clock: { nowMs: () => 0, wallMs: () => 0, after: () => ({ cancel() {} }) },
    logger: silentLogger,
    metrics: silentMetrics,
    onApplied: () => told.push('applied'),
    onRestored: () => told.push('restored'),
  });
  const apply = (index: number, data: Uint8Array, extensions: Uint8Array | null = null, term = 1) =>
    fsm.apply([{ index, term, type: 0, data, extensions, appendedAtMs: 0 }])[0];
  return { store, fsm, told, apply };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function recordsOf(stream: AsyncIterable<Uint8Array>): Promise<StateRecord[]> {
  const { lastIndex, records } = await readState(stream);
  expect(lastIndex).toBeGreaterThan(0);
  return Array.fromAsync(records);
}

const setKey = (key: string, value: string) =>
  encodeCommand('kv', {
    Datacenter: 'dc1',
    Op: 'set',
    DirEnt: {
      LockIndex: 0,
      Key: key,
      Flags: 0,
      Value: Buffer.from(value),
      Session: '',
      CreateIndex: 0,
      ModifyIndex: 0,
    },
    Token: '',
  });

describe('snapshots of the state machine', () => {
  for (const name of ['plain', 'acl']) {
    it(`gives back record for record what the reference wrote (${name})`, async () => {
      const archive = await readArchive(once(readFileSync(new URL(`${name}.snap`, archives))));
      const { fsm, told } = machine();
      await fsm.restore(archive.state);
      expect(told).toEqual(['restored']);
      const before = await recordsOf(archive.state);
      const after = await recordsOf(fsm.snapshot().write());
      expect(after).toEqual(before);
      await archive.dispose();
    });
  }

  it('shows the state of the moment it was taken, whatever is written later', async () => {
    const { fsm, apply } = machine();
    apply(1, setKey('a', 'old'));
    const snapshot = fsm.snapshot();
    apply(2, setKey('a', 'new'));
    apply(3, setKey('b', 'more'));
    const restored = machine();
    await restored.fsm.restore(snapshot.write());
    expect(restored.store.state.tables.kvs.rows.values()).toMatchObject([{ key: 'a', value: 'old', modifyIndex: 1 }]);
  });

  it('carries over what only newer servers know', async () => {
    const { fsm, apply } = machine();
    apply(1, setKey('a', 'x'));
    const bytes = Buffer.concat(await Array.fromAsync(fsm.snapshot().write()));
    const newer = Buffer.concat([bytes, Buffer.of(99, 0x81, 0xa1, 0x61, 1, 98, 0x80)]);
    await fsm.restore(once(newer));
    apply(2, setKey('b', 'y'));
    const restored = machine();
    await restored.fsm.restore(fsm.snapshot().write());
    const records = await recordsOf(restored.fsm.snapshot().write());
    expect(records.flatMap(({ type, value }) => (type === 'foreign' ? value.byte : []))).toEqual([99, 98]);
  });

  it('keeps the old state when the new one cannot be read to its end', async () => {
    const { fsm, apply, store, told } = machine();
    apply(1, setKey('a', 'kept'));
    const broken = machine();
    broken.apply(1, setKey('b', 'x'.repeat(500)));
    const bytes = Buffer.concat(await Array.fromAsync(broken.fsm.snapshot().write()));
    for (const cut of [1, 20, bytes.length - 3]) {
      await expect(fsm.restore(once(bytes.subarray(0, cut)))).rejects.toThrow('EOF');
    }
    expect(store.state.tables.kvs.rows.keys()).toEqual(['a']);
    expect(told).toEqual(['applied']);
  });

  describe('of commands in pieces', () => {
    // op_num 7; sequence 0 and 1 of 2.
    const piece = (sequence: number) => Uint8Array.of(0x08, 7, 0x10, sequence, 0x18, 2);
    const command = setKey('large', 'joined');
    const [head, tail] = [command.subarray(0, 9), command.subarray(9)];

    it('applies the joined command at the index of the last piece', () => {
      const { apply, store } = machine();
      expect(apply(5, head, piece(0))).toBeNull();
      expect(store.state.tables.kvs.rows.size).toBe(0);
      expect(apply(6, tail, piece(1))).toBeNull();
      expect(store.state.tables.kvs.get('large')).toMatchObject({ value: 'joined', modifyIndex: 6 });
    });

    it('forgets the pieces of an earlier term', () => {
      const { apply, store } = machine();
      apply(5, head, piece(0), 1);
      apply(6, tail, piece(1), 2);
      expect(store.state.tables.kvs.rows.size).toBe(0);
    });

    it('carries unfinished pieces over', async () => {
      const { apply, fsm } = machine();
      apply(5, head, piece(0));
      const restored = machine();
      await restored.fsm.restore(fsm.snapshot().write());
      restored.apply(6, tail, piece(1));
      expect(restored.store.state.tables.kvs.get('large')).toMatchObject({ value: 'joined' });
    });
  });
});
