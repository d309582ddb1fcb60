import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BackupParts, makeBackup } from '../../../../src/cli/snapshot-agent/backup.ts';
import { localStorage, madeAtMs, type Storage, superfluous } from '../../../../src/cli/snapshot-agent/storage.ts';
import { BackupRecord } from '../../../../src/cli/snapshot-agent/watchman.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tc-backup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

let nowMs = 1_000_000;
const signal = new AbortController().signal;

function parts(more: Partial<BackupParts> = {}): BackupParts {
  async function* body() {
    yield Buffer.from('an ');
    yield Buffer.from('archive');
  }
  return {
    snapshot: { save: async () => ({ status: 200, headers: {}, body: body() }) as never },
    stale: undefined,
    storages: [localStorage(join(folder, 'kept'))],
    retain: 2,
    scratchPath: folder,
    async verify(archive) {
      expect(Buffer.concat(await Array.fromAsync(archive)).toString()).toBe('an archive');
      return { index: 7 };
    },
    nowMs: () => nowMs++,
    ...more,
  };
}

const kept = (): string[] => (existsSync(join(folder, 'kept')) ? readdirSync(join(folder, 'kept')).sort() : []);

describe('a backup', () => {
  it('is kept in every storage, and the oldest go', async () => {
    for (let i = 0; i < 3; i++) await makeBackup(parts(), signal);
    const names = kept();
    expect(names).toHaveLength(2);
    expect(names.map(madeAtMs)).toEqual([1_000_001, 1_000_002]);
    expect(readFileSync(join(folder, 'kept', names[0]!), 'utf8')).toBe('an archive');
    expect(readdirSync(folder)).toEqual(['kept']);
  });

  it('that cannot be restored is not kept', async () => {
    await makeBackup(parts(), signal);
    const before = kept();
    const verify = async (): Promise<never> => {
      throw new Error('unexpected EOF');
    };
    await expect(makeBackup(parts({ verify }), signal)).rejects.toThrow('unexpected EOF');
    expect(kept()).toEqual(before);
    expect(readdirSync(folder)).toEqual(['kept']);
  });

  it('that one storage does not take costs no older one', async () => {
    for (let i = 0; i < 2; i++) await makeBackup(parts(), signal);
    const full: Storage = {
      description: 'full',
      put: () => Promise.reject(new Error('no space left on device')),
      list: async () => [],
      remove: async () => {},
    };
    const storages = [localStorage(join(folder, 'kept')), full];
    await expect(makeBackup(parts({ storages }), signal)).rejects.toThrow('no space left');
    expect(kept()).toHaveLength(3);
  });
});

it('only backups of ours are ever too many', () => {
  const names = ['consul-2000000.snap', 'notes.txt', 'consul-1000000.snap', 'consul-x.snap', 'consul-3000000.snap'];
  expect(superfluous(names, 1)).toEqual(['consul-1000000.snap', 'consul-2000000.snap']);
  expect(superfluous(names, 0)).toEqual([]);
  expect(superfluous(names, 5)).toEqual([]);
});

describe('the health of the backups', () => {
  const backup = { name: 'n', index: 1, sizeBytes: 2, madeAtMs: 100_000, removed: [] };

  it('turns critical two intervals after the last good one', () => {
    const record = new BackupRecord(600_000, 0);
    record.isLeader = true;
    record.succeeded(backup);
    expect(record.status(700_000)).toEqual({
      status: 'passing',
      output: 'makes the backups; last good backup 10m0s ago',
    });
    record.failed('disk full');
    expect(record.status(700_000)).toMatchObject({ status: 'warning', output: expect.stringContaining('disk full') });
    expect(record.status(1_400_001).status).toBe('critical');
  });

  it('is not for those to judge that wait', () => {
    const record = new BackupRecord(600_000, 0);
    expect(record.status(9e9)).toMatchObject({
      status: 'passing',
      output: expect.stringContaining('waits for the lock'),
    });
  });

  it('is also told to Prometheus', () => {
    const record = new BackupRecord(600_000, 0);
    record.succeeded(backup);
    expect(record.metrics()).toContain('\nconsul_snapshot_last_success_timestamp_seconds 100\n');
    expect(record.metrics()).toContain('\nconsul_snapshot_success_total 1\n');
  });
});
