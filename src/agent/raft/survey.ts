/** What a server that is stopped holds in its data directory: for recovery by hand, nothing of it is changed. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../telemetry/api.ts';
import type { Configuration } from './api.ts';
import { configurationCodec } from './configuration-codec.ts';
import { emptyConfiguration } from './core/configuration.ts';
import { dataFormat, demandKnownFormat, logFolder } from './data-format.ts';
import { CorruptStorage } from './errors.ts';
import { nodeFiles } from './files.ts';
import { logDiskToRead } from './log-disk.ts';
import { openFileLogStore } from './log-store-files.ts';
import { openFileSnapshotStore } from './snapshot-store-file.ts';

export interface Survey {
  /** '' when it is not in the directory: then it is in the configuration. */
  readonly nodeId: string;
  /** The newest term it heard of. */
  readonly term: number;
  /** Of its last entry, be it in the log or in the snapshot. */
  readonly lastTerm: number;
  readonly lastIndex: number;
  /** 0: it has none. */
  readonly snapshotIndex: number;
  /** The newest members it knows of. */
  readonly configuration: Configuration;
}

/** Reads log and newest snapshot to their ends, checksums and all. Rejects with CorruptStorage naming the file. */
export async function surveyDataDir(dataDir: string, logger: Logger): Promise<Survey> {
  const path = join(dataDir, 'raft');
  const log = logFolder(dataDir, (await demandKnownFormat(dataDir)) ?? dataFormat);
  if (!existsSync(log)) throw new CorruptStorage(path, 'there is no log of a server');
  const idFile = join(dataDir, 'node-id');
  const snapshots = await openFileSnapshotStore({ path, files: nodeFiles, wallMs: () => 0, logger });
  const [newest] = snapshots.list();
  if (newest !== undefined) for await (const _ of snapshots.read(newest.id));
  const store = await openFileLogStore({ disk: logDiskToRead(log) });
  try {
    const { runs, configurations } = store.contents();
    const last = configurations.at(-1);
    const isInLog = store.lastIndex > (newest?.index ?? 0);
    return {
      nodeId: existsSync(idFile) ? readFileSync(idFile, 'utf8').trim() : '',
      term: store.hardState.term,
      lastTerm: isInLog ? (runs.at(-1)?.term ?? 0) : (newest?.term ?? 0),
      lastIndex: Math.max(store.lastIndex, newest?.index ?? 0),
      snapshotIndex: newest?.index ?? 0,
      configuration:
        last === undefined ? (newest?.configuration ?? emptyConfiguration) : configurationCodec.decode(last.data),
    };
  } finally {
    await store.close();
  }
}
