/**
 * The version of what a server keeps in `<data>/raft`, in the file `format` beside its log. A newer one is refused untouched;
 * an older one is copied beside itself and then brought up to date, step by step.
 */
import { cp, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CorruptStorage, NewerFormat, UnusableLog } from './errors.ts';
import { nodeFiles } from './files.ts';

/**
 * 0: as 1, in a folder `log`, without a file `format`.
 * 1: the log in files of frames (`log-store-files.ts`), snapshots as `snapshot-store-file.ts` writes them.
 */
export const dataFormat = 1;

/** Where the log is. The name is that of Consul's file. */
export const logFolder = (dataDir: string, format = dataFormat): string =>
  join(dataDir, 'raft', format === 0 ? 'log' : 'raft.db');

/** From the version that is its key to the next one. */
export type FormatSteps = Readonly<Record<number, (dataDir: string) => Promise<void>>>;

const fileName = 'format';
const steps: FormatSteps = { 0: moveLog };

/** null: there is no log, or it is of format 1 before there was such a file. Throws CorruptStorage and UnusableLog. */
export async function readDataFormat(dataDir: string): Promise<number | null> {
  const folder = logFolder(dataDir);
  const names = await namesIn(folder);
  if (names.includes('data.mdb')) {
    throw new UnusableLog(
      join(folder, 'data.mdb'),
      'the log of an early build, kept by LMDB. Start the build that wrote it, save a snapshot, and restore that here',
    );
  }
  const earlier = logFolder(dataDir, 0);
  const hasEarlier = (await namesIn(earlier)).some(isLog);
  if (hasEarlier && names.some(isLog)) {
    throw new UnusableLog(
      earlier,
      `a second log, of an earlier build, beside ${folder}. Move away the one not to be used`,
    );
  }
  if (!names.includes(fileName)) return hasEarlier ? 0 : null;
  const file = join(folder, fileName);
  const text = await readFile(file, 'utf8');
  if (!/^[1-9]\d{0,8}\n$/.test(text)) throw new CorruptStorage(file, 'it is not a number');
  return Number(text);
}

const isLog = (name: string): boolean => name.endsWith('.log');

/** None when there is no such folder. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** From format 0 to 1. */
async function moveLog(dataDir: string): Promise<void> {
  const folder = logFolder(dataDir);
  // Nothing but a `format` can be in it.
  await rm(folder, { recursive: true, force: true });
  await rename(logFolder(dataDir, 0), folder);
  await nodeFiles.syncDirectory(join(dataDir, 'raft'));
}

/** Throws NewerFormat when this version does not know what is there. */
export async function demandKnownFormat(dataDir: string, newest = dataFormat): Promise<number | null> {
  const format = await readDataFormat(dataDir);
  if (format !== null && format > newest) throw new NewerFormat(dataDir, format, newest);
  return format;
}

export interface Settled {
  /** Where what was there before was copied to; null when nothing had to be done. */
  readonly copy: string | null;
}

/** Makes the folder of the log, and brings what is there up to date. */
export async function settleDataFormat(
  dataDir: string,
  { newest = dataFormat, ...more }: { newest?: number; steps?: FormatSteps } = {},
): Promise<Settled> {
  const known = await demandKnownFormat(dataDir, newest);
  const folder = logFolder(dataDir);
  const isEmpty = known === null && (await namesIn(folder)).length === 0;
  const found = isEmpty ? newest : (known ?? 1);
  if (found === newest) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    if (known === null) await write(folder, newest);
    return { copy: null };
  }
  const copy = join(dataDir, `raft.format-${found}`);
  await cp(join(dataDir, 'raft'), copy, { recursive: true, preserveTimestamps: true });
  for (let version = found; version < newest; version++) {
    const step = (more.steps ?? steps)[version];
    if (step === undefined) throw new CorruptStorage(folder, `there is no way from format ${version}`);
    await step(dataDir);
    await write(folder, version + 1);
  }
  return { copy };
}

async function write(folder: string, version: number): Promise<void> {
  const temporary = join(folder, `${fileName}.tmp`);
  const handle = await open(temporary, 'w', 0o644);
  try {
    await handle.writeFile(`${version}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, join(folder, fileName));
}
