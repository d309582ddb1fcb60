import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RaftOptions } from '../../../../src/agent/raft/options.ts';
import { recover } from '../../../../src/agent/raft/recovery.ts';
import { openStorage } from '../../../../src/agent/raft/storage.ts';
import { silentLogger } from '../../../silent.ts';
import { entry } from './entries.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tc-storage-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const clock = { wallMs: () => 1, nowMs: () => 1, after: () => ({ cancel: () => {} }) };
const open = () => openStorage(dataDir, clock, silentLogger);
const peers = '[{"id": "a", "address": "127.0.0.1:8300"}]';

describe('the raft folder', () => {
  it('holds log, snapshots and a word on peers.json', async () => {
    const { store } = await open();
    await store.close();
    expect(readdirSync(join(dataDir, 'raft')).sort()).toEqual(['peers.info', 'raft.db', 'snapshots']);
  });

  it('deletes a peers.json unread that was there before its first start', async () => {
    mkdirSync(join(dataDir, 'raft'));
    writeFileSync(join(dataDir, 'raft', 'peers.json'), 'unreadable');
    const { store, recovery } = await open();
    await store.close();
    expect(recovery).toBeNull();
    expect(existsSync(join(dataDir, 'raft', 'peers.json'))).toBe(false);
  });

  it('reads a later peers.json, and deletes it when it was used', async () => {
    await (await open()).store.close();
    const file = join(dataDir, 'raft', 'peers.json');
    writeFileSync(file, peers);
    const { store, recovery } = await open();
    await store.close();
    expect(recovery?.configuration.servers).toEqual([{ suffrage: 'voter', id: 'a', address: '127.0.0.1:8300' }]);
    expect(existsSync(file)).toBe(true);
    await recovery?.done();
    expect(existsSync(file)).toBe(false);
  });

  it('is recovered with the servers that were named, although the clock went back since its last snapshot', async () => {
    const first = await openStorage(dataDir, { ...clock, wallMs: () => 1000 }, silentLogger);
    await first.store.write({ hardState: { term: 1, votedFor: '' }, entries: [entry(1, 1)] });
    const point = { index: 1, term: 1, configuration: { servers: [] }, configurationIndex: 1 };
    await (await first.snapshots.create(point)).commit();
    await first.store.close();
    writeFileSync(join(dataDir, 'raft', 'peers.json'), peers);
    const storage = await openStorage(dataDir, { ...clock, wallMs: () => 500 }, silentLogger);
    const fsm = {
      apply: () => [],
      snapshot: () => ({ write: async function* () {}, release: () => {} }),
      restore: async (stream: AsyncIterable<Uint8Array>) => {
        for await (const _ of stream);
      },
    };
    await recover({ storage, fsm } as unknown as RaftOptions, storage.recovery!, silentLogger);
    await storage.store.close();
    const { snapshots, store } = await open();
    await store.close();
    expect(snapshots.list()[0]).toMatchObject({ index: 1, configuration: storage.recovery!.configuration });
  });

  it('refuses a log that another program wrote', async () => {
    mkdirSync(join(dataDir, 'raft'));
    writeFileSync(join(dataDir, 'raft', 'raft.db'), 'a file');
    await expect(open()).rejects.toThrow(/raft\.db is corrupt: it is a file/);
  });

  it('refuses one of a newer format, and touches nothing', async () => {
    await (await open()).store.close();
    writeFileSync(join(dataDir, 'raft', 'raft.db', 'format'), '99\n');
    const before = readdirSync(dataDir, { recursive: true });
    await expect(open()).rejects.toThrow('has format 99, of a newer version');
    expect(readdirSync(dataDir, { recursive: true })).toEqual(before);
  });
});
