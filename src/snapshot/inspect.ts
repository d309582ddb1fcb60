/** What is in a state stream: how many records of each type, how many bytes, and whose keys they are. */
import type { RecordType, StateReader, StateRecord } from './records.ts';

/** Names that Consul gives the records. */
const consulNames: Readonly<Record<RecordType, string>> = {
  registration: 'Register',
  coordinates: 'CoordinateBatchUpdate',
  session: 'Session',
  aclToken: 'ACLToken',
  aclPolicy: 'ACLPolicy',
  aclRole: 'ACLRole',
  aclBindingRule: 'ACLBindingRule',
  aclAuthMethod: 'ACLAuthMethod',
  kv: 'KVS',
  tombstone: 'Tombstone',
  preparedQuery: 'PreparedQuery',
  autopilot: 'Autopilot',
  legacyIntention: 'Intention',
  connectCARoot: 'ConnectCA',
  connectCAProviderState: 'ConnectCAProviderState',
  connectCAConfig: 'ConnectCAConfig',
  configEntry: 'ConfigEntry',
  federationState: 'FederationState',
  systemMetadata: 'SystemMetadata',
  index: 'Index',
  chunkingState: 'ChunkingState',
  legacyAcl: 'ACL (Deprecated)',
  aclBootstrap: 'ACLBootstrap',
};

export interface Usage {
  readonly name: string;
  readonly count: number;
  readonly sizeBytes: number;
}

export interface StateStats {
  /** By type, the largest first. */
  readonly types: readonly Usage[];
  /** By the first parts of keys, the largest first; only keys that begin with `kvPrefix`. */
  readonly keys: readonly Usage[];
  readonly totalBytes: number;
  readonly totalKeyBytes: number;
}

export interface InspectOptions {
  /** How many parts of a key, between slashes, make a group. */
  readonly kvDepth: number;
  readonly kvPrefix: string;
}

/** Reads the stream to its end. Rejects with SnapshotError. */
export async function inspectState(state: StateReader, { kvDepth, kvPrefix }: InspectOptions): Promise<StateStats> {
  const types = new Tally();
  const keys = new Tally();
  // The header counts with the first record.
  let readBytes = 0;
  for await (const { type, value } of state.records) {
    const sizeBytes = state.readBytes - readBytes;
    readBytes = state.readBytes;
    types.add(nameOf({ type, value } as StateRecord), sizeBytes);
    if (type === 'kv' && value.Key.startsWith(kvPrefix)) {
      keys.add(value.Key.split('/', kvDepth).join('/'), sizeBytes);
    }
  }
  return { types: types.list(), keys: keys.list(), totalBytes: readBytes, totalKeyBytes: keys.totalBytes };
}

const nameOf = (record: StateRecord): string =>
  record.type === 'foreign' ? `Unknown (type ${record.value.byte})` : consulNames[record.type];

class Tally {
  totalBytes = 0;
  readonly #usages = new Map<string, { name: string; count: number; sizeBytes: number }>();

  add(name: string, sizeBytes: number): void {
    this.totalBytes += sizeBytes;
    const usage = this.#usages.get(name);
    if (usage === undefined) this.#usages.set(name, { name, count: 1, sizeBytes });
    else {
      usage.count++;
      usage.sizeBytes += sizeBytes;
    }
  }

  list(): Usage[] {
    return [...this.#usages.values()].sort((a, b) => b.sizeBytes - a.sizeBytes || (a.name < b.name ? -1 : 1));
  }
}
