/**
 * The version of what a server keeps in `<data>/raft`, in the file `format` beside its log. A newer one is refused untouched;
 * an older one is copied beside itself and then brought up to date, step by step.
 */
import { cp, mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { CorruptStorage, NewerFormat } from './errors.ts';

/** 1: the log in files of frames (`log-store-files.ts`), snapshots as `snapshot-store-file.ts` writes them. */
export const dataFormat = 1;

/** Where the log is. The name is that of Consul's file. */
export const logFolder = (dataDir: string): string => join(dataDir, 'raft', 'raft.db');

/** From the version that is its key to the next one. */
export type FormatSteps = Readonly<Record<number, (dataDir: string) => Promise<void>>>;

const fileName = 'format';

/** null: there is no log, or it is of before there was such a file. Throws CorruptStorage. */
export async function readDataFormat(dataDir: string): Promise<number | null> {
  const file = join(logFolder(dataDir), fileName);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  if (!/^[1-9]\d{0,8}\n$/.test(text)) throw new CorruptStorage(file, 'it is not a number');
  return Number(text);
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
  { newest = dataFormat, steps = {} }: { newest?: number; steps?: FormatSteps } = {},
): Promise<Settled> {
  const known = await demandKnownFormat(dataDir, newest);
  const folder = logFolder(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const isEmpty = known === null && (await readdir(folder)).length === 0;
  const found = isEmpty ? newest : (known ?? 1);
  if (found === newest) {
    if (known === null) await write(folder, newest);
    return { copy: null };
  }
  const copy = join(dataDir, `raft.format-${found}`);
  await cp(join(dataDir, 'raft'), copy, { recursive: true, preserveTimestamps: true });
  for (let version = found; version < newest; version++) {
    const step = steps[version];
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
