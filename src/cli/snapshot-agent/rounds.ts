/** The daemon: waits for the lock, makes backups while it is held, and gives it up when it cannot. */
import type { Client } from '../../client/index.ts';
import { acquireLock, type Held } from '../../client/lock.ts';
import { realPace } from '../../client/pace.ts';
import { messageOf } from '../../lib/message-of.ts';
import { type BackupParts, makeBackup } from './backup.ts';
import type { BackupSettings, LogLevel } from './settings.ts';
import { madeAtMs } from './storage.ts';
import { heartbeatMs, type Watchman } from './watchman.ts';

export type Log = (level: LogLevel, text: string) => void;

export interface RoundsOptions {
  readonly client: Pick<Client, 'kv' | 'session'>;
  readonly settings: BackupSettings;
  readonly parts: BackupParts;
  readonly watchman: Watchman;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Between attempts to get the lock, and before one that failed tries again. */
const retryMs = 5_000;
const yieldMs = 60_000;

/** Resolves when told to stop. */
export async function runRounds(options: RoundsOptions): Promise<void> {
  const { signal, watchman, log } = options;
  const beating = beat(options);
  while (!signal.aborted) {
    log('info', 'Waiting to obtain leadership...');
    const held = await waitForLock(options);
    if (held === undefined) break;
    log('info', 'Obtained leadership');
    watchman.record.isLeader = true;
    const end = await lead(options, held);
    watchman.record.isLeader = false;
    await held.release().catch((error: unknown) => log('warn', `Failed to give back the lock: ${messageOf(error)}`));
    if (end === 'failed') {
      log('error', `Giving up leadership after ${options.settings.maxFailures} failures`);
      await realPace.pause(Math.min(yieldMs, options.settings.intervalMs), signal);
    } else if (end === 'lost') log('warn', 'Lost leadership');
  }
  await beating;
  await watchman.end().catch((error: unknown) => log('warn', `Failed to deregister: ${messageOf(error)}`));
}

async function waitForLock({ client, settings, signal, log }: RoundsOptions): Promise<Held | undefined> {
  while (!signal.aborted) {
    try {
      const lock = { key: settings.lockKey, sessionName: 'Consul snapshot agent', monitorRetries: 3, signal };
      return await acquireLock(client, lock);
    } catch (error) {
      if (signal.aborted) return undefined;
      log('error', `Failed to obtain leadership: ${messageOf(error)}`);
      await realPace.pause(retryMs, signal);
    }
  }
  return undefined;
}

/** Backups, one an interval, until something ends it. */
async function lead(
  { settings, parts, watchman, log, signal }: RoundsOptions,
  held: Held,
): Promise<'stopped' | 'lost' | 'failed'> {
  const lost = new AbortController();
  void held.lost.then(() => lost.abort());
  const over = AbortSignal.any([signal, lost.signal]);
  const { record } = watchman;
  record.failuresInARow = 0;
  record.lastGoodMs = await newest(parts, over).catch(() => record.lastGoodMs);
  while (!over.aborted) {
    try {
      const backup = await makeBackup(parts, over);
      record.succeeded(backup);
      log('info', `Saved snapshot ${backup.name}, index ${backup.index}, ${backup.sizeBytes} bytes`);
      for (const name of backup.removed) log('info', `Removed old snapshot ${name}`);
    } catch (error) {
      if (over.aborted) break;
      record.failed(messageOf(error));
      log('error', `Failed to save snapshot: ${messageOf(error)}`);
    }
    await watchman.tell().catch(() => undefined);
    if (record.failuresInARow >= settings.maxFailures) return 'failed';
    await realPace.pause(
      record.failuresInARow > 0 ? Math.min(settings.intervalMs, yieldMs) : settings.intervalMs,
      over,
    );
  }
  return signal.aborted ? 'stopped' : 'lost';
}

/** When the newest backup was made that all storages have. */
async function newest(parts: BackupParts, signal: AbortSignal): Promise<number | null> {
  const times: (number | null)[] = [];
  for (const storage of parts.storages) {
    const all = (await storage.list(signal)).map(madeAtMs).filter((ms) => ms !== null);
    times.push(all.length === 0 ? null : Math.max(...all));
  }
  return times.some((ms) => ms === null) ? null : Math.min(...(times as number[]));
}

async function beat({ watchman, log, signal }: RoundsOptions): Promise<void> {
  while (!signal.aborted) {
    await watchman.tell().catch((error: unknown) => log('warn', `Failed to report: ${messageOf(error)}`));
    await realPace.pause(heartbeatMs, signal);
  }
}
