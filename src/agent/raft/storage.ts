/** The `raft/` folder of the data directory, opened as a whole; and its twin in memory for development mode. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../lib/runtime.ts';
import type { Logger } from '../telemetry/api.ts';
import { logFolder, settleDataFormat } from './data-format.ts';
import { CorruptStorage } from './errors.ts';
import { nodeFiles } from './files.ts';
import { openLogDisk } from './log-disk.ts';
import type { LogStore } from './log-store.ts';
import { openFileLogStore } from './log-store-files.ts';
import { MemoryLogStore } from './log-store-memory.ts';
import { parsePeers, type Recovery } from './recovery.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import { openFileSnapshotStore } from './snapshot-store-file.ts';
import { memorySnapshotStore } from './snapshot-store-memory.ts';

export interface RaftStorage {
  readonly store: LogStore;
  readonly snapshots: SnapshotStore;
  /** An operator has named the surviving servers. Absent in the ordinary case. */
  readonly recovery?: Recovery | null;
}

const peersInfo = `Since this file is here, a peers.json beside it is read when the server starts.

A server whose cluster has lost its quorum for good can be told the surviving servers:
write them to raft/peers.json, an array of {"id": ..., "address": "ip:port", "non_voter": false},
on every surviving server, and start them. The file is deleted once it has been used.
`;

/** Opens (or makes) `<dataDir>/raft`. Rejects with CorruptStorage naming the file that is not as it was written. */
export async function openStorage(dataDir: string, clock: Clock, logger: Logger): Promise<RaftStorage> {
  const path = join(dataDir, 'raft');
  mkdirSync(path, { recursive: true, mode: 0o755 });
  refuseForeignLog(logFolder(dataDir));
  const { copy } = await settleDataFormat(dataDir);
  if (copy !== null) logger.info('data directory brought up to date', { copy });
  const marker = join(path, 'peers.info');
  if (!existsSync(marker)) {
    rmSync(join(path, 'peers.json'), { force: true });
    writeFileSync(marker, peersInfo);
  }
  const recovery = readPeers(join(path, 'peers.json'));
  const snapshots = await openFileSnapshotStore({
    path,
    files: nodeFiles,
    wallMs: clock.wallMs,
    logger: logger.named('snapshot'),
  });
  const store = await openFileLogStore({ disk: await openLogDisk(logFolder(dataDir)) });
  // New directories are durable only when the directory above them is.
  await nodeFiles.syncDirectory(path);
  return { store, snapshots, recovery };
}

export const memoryStorage = (clock: Clock): RaftStorage => ({
  store: new MemoryLogStore(),
  snapshots: memorySnapshotStore(clock.wallMs),
});

function readPeers(path: string): Recovery | null {
  if (!existsSync(path)) return null;
  const configuration = parsePeers(path, readFileSync(path, 'utf8'));
  return { configuration, done: () => nodeFiles.remove(path) };
}

function refuseForeignLog(path: string): void {
  if (existsSync(path) && !statSync(path).isDirectory()) {
    throw new CorruptStorage(path, 'it is a file, not a log of this program (a BoltDB log cannot be taken over)');
  }
}
