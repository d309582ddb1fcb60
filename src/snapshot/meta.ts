/** `meta.json` of an archive: what Raft knows about the snapshot, in Go's field names. */
import { encode } from '../lib/msgpack/index.ts';
import { renderText } from '../structs/json.ts';
import { decodeJson } from '../structs/json-decode.ts';
import { bytes, int64, slice, str, struct, u64 } from '../structs/schema.ts';
import { SnapshotError } from './errors.ts';

const Server = struct('Server', { Suffrage: int64, ID: str, Address: str });
const Configuration = struct('Configuration', { Servers: slice(Server) });
const Meta = struct('SnapshotMeta', {
  Version: int64,
  ID: str,
  Index: u64,
  Term: u64,
  Peers: bytes,
  Configuration,
  ConfigurationIndex: u64,
  Size: int64,
});

const suffrages = ['voter', 'nonvoter', 'staging'] as const;

/** What Raft knows about the state in an archive. */
export interface SnapshotMeta {
  /** `<term>-<index>-<Unix time in ms>` */
  readonly id: string;
  readonly index: number;
  readonly term: number;
  readonly configuration: {
    readonly servers: readonly {
      readonly suffrage: (typeof suffrages)[number];
      readonly id: string;
      readonly address: string;
    }[];
  };
  readonly configurationIndex: number;
  readonly sizeBytes: number;
}

const version = 1;

/** One line of JSON. */
export function renderMeta(meta: SnapshotMeta): Uint8Array {
  const { servers } = meta.configuration;
  const voters = servers.filter((server) => server.suffrage === 'voter');
  const text = renderText(
    Meta,
    {
      Version: version,
      ID: meta.id,
      Index: meta.index,
      Term: meta.term,
      // Kept for readers of old Raft versions.
      Peers: encode(
        slice(str),
        voters.map((server) => server.address),
      ),
      Configuration: {
        Servers: servers.map((server) => ({
          Suffrage: suffrages.indexOf(server.suffrage),
          ID: server.id,
          Address: server.address,
        })),
      },
      ConfigurationIndex: meta.configurationIndex,
      Size: meta.sizeBytes,
    },
    'compact',
  );
  return Buffer.from(`${text}\n`);
}

/** Throws JsonError for what is no such JSON, SnapshotError for a version that is not ours. */
export function parseMeta(json: Uint8Array): SnapshotMeta {
  const meta = decodeJson(Meta, json, { unknownFields: 'ignore' });
  if (meta.Version < 0 || meta.Version > version) {
    throw new SnapshotError(`unsupported snapshot version ${meta.Version}`);
  }
  return {
    id: meta.ID,
    index: meta.Index,
    term: meta.Term,
    configuration: {
      servers: (meta.Configuration.Servers ?? []).map((server) => ({
        suffrage: suffrages[server.Suffrage] ?? 'voter',
        id: server.ID,
        address: server.Address,
      })),
    },
    configurationIndex: meta.ConfigurationIndex,
    sizeBytes: meta.Size,
  };
}
