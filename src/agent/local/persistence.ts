/**
 * Registrations made over the API, and the state of TTL checks, as files of the data directory: `services/`, `checks/`,
 * `checks/state/`, in Consul's form, one file each. Tokens are in them, hence mode 0600. Written beside and renamed: a crash
 * leaves the old file or the new one.
 */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { JsonError } from '../../lib/go-json/index.ts';
import { CheckType, HealthCheck, NodeService } from '../../structs/catalog.ts';
import { renderJson } from '../../structs/json.ts';
import { decodeJson } from '../../structs/json-decode.ts';
import { bool, type Infer, int64, jsonStruct, ptr, type Schema, str, struct } from '../../structs/schema.ts';
import type { Logger } from '../telemetry/api.ts';

const PersistedService = struct('persistedService', {
  Token: str,
  Service: ptr(NodeService),
  Source: str,
  LocallyRegisteredAsSidecar: bool,
});
export type PersistedService = Infer<typeof PersistedService>;

const PersistedCheck = struct('persistedCheck', {
  Check: ptr(HealthCheck),
  ChkType: ptr(jsonStruct(CheckType, { unmarshaler: 'lenient' })),
  Token: str,
  Source: str,
});
export type PersistedCheck = Infer<typeof PersistedCheck>;

const PersistedCheckState = struct('persistedCheckState', {
  CheckID: str,
  Output: str,
  Status: str,
  /** Seconds since the Unix epoch; afterwards it says nothing. */
  Expires: int64,
});
export type PersistedCheckState = Infer<typeof PersistedCheckState>;

export interface Persisted {
  readonly services: readonly PersistedService[];
  readonly checks: readonly PersistedCheck[];
  readonly states: readonly PersistedCheckState[];
}

export interface Persistence {
  load(): Promise<Persisted>;
  /** The promises of writes resolve when it is on the disk. */
  saveService(service: PersistedService): Promise<void>;
  removeService(id: string): Promise<void>;
  saveCheck(check: PersistedCheck): Promise<void>;
  /** With its state. */
  removeCheck(id: string): Promise<void>;
  saveState(state: PersistedCheckState): Promise<void>;
}

const nothing = { services: [], checks: [], states: [] };

/** Of an agent that keeps nothing. */
export const noPersistence: Persistence = {
  load: async () => nothing,
  saveService: async () => {},
  removeService: async () => {},
  saveCheck: async () => {},
  removeCheck: async () => {},
  saveState: async () => {},
};

const nameOf = (id: string): string => createHash('md5').update(id).digest('hex');
const temporary = '.tmp';

export function filePersistence(dataDir: string, logger: Logger): Persistence {
  const folders = {
    services: join(dataDir, 'services'),
    checks: join(dataDir, 'checks'),
    states: join(dataDir, 'checks', 'state'),
  };
  /** Operations on one file happen in the order in which they were asked for. */
  const queues = new Map<string, Promise<void>>();
  const inOrder = (path: string, work: () => Promise<void>): Promise<void> => {
    const done = (queues.get(path) ?? Promise.resolve()).catch(() => {}).then(work);
    queues.set(path, done);
    const leave = (): void => {
      if (queues.get(path) === done) queues.delete(path);
    };
    done.then(leave, leave);
    return done;
  };
  const save = <T>(folder: string, id: string, schema: Schema<T>, value: T, flush: boolean): Promise<void> => {
    const path = join(folder, nameOf(id));
    return inOrder(path, () => writeAtomically(path, renderJson(schema, value, 'compact'), flush));
  };
  const remove = (folder: string, id: string): Promise<void> => {
    const path = join(folder, nameOf(id));
    return inOrder(path, () => rm(path, { force: true }));
  };

  return {
    load: async () => ({
      services: await loadAll(folders.services, PersistedService, 'service', logger),
      checks: await loadAll(folders.checks, PersistedCheck, 'check', logger),
      states: await loadAll(folders.states, PersistedCheckState, 'check state', logger),
    }),
    saveService: (service) => save(folders.services, service.Service!.ID, PersistedService, service, true),
    removeService: (id) => remove(folders.services, id),
    saveCheck: (check) => save(folders.checks, check.Check!.CheckID, PersistedCheck, check, true),
    removeCheck: async (id) => {
      await remove(folders.states, id);
      await remove(folders.checks, id);
    },
    // Written with every heartbeat and worth little: a power failure may take the last one.
    saveState: (state) => save(folders.states, state.CheckID, PersistedCheckState, state, false),
  };
}

async function writeAtomically(path: string, content: Uint8Array, flush: boolean): Promise<void> {
  const beside = `${path}${temporary}`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(content);
    if (flush) await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
}

/** A file that cannot be read is reported and left alone: somebody may want to look at it. */
async function loadAll<T>(folder: string, schema: Schema<T>, what: string, logger: Logger): Promise<T[]> {
  const loaded: T[] = [];
  for (const entry of await list(folder)) {
    const path = join(folder, entry);
    if (entry.endsWith(temporary)) {
      await rm(path, { force: true });
      continue;
    }
    try {
      loaded.push(decodeJson(schema, await readFile(path), { unknownFields: 'ignore' }));
    } catch (error) {
      const isGarbage = error instanceof JsonError;
      logger.error(`Failed ${isGarbage ? 'decoding' : 'reading'} ${what} file`, {
        file: path,
        error: (error as Error).message,
      });
    }
  }
  return loaded;
}

async function list(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
