/** `meta.json` beside a snapshot's `state.bin` (wire/raft section 7, wire/snapshot section 1). */
import type { Configuration, RaftServer, SnapshotMeta, Suffrage } from './api.ts';
import { votersOf } from './core/configuration.ts';

/** Thrown when the text is not a meta.json this version can use. */
export class BadSnapshotMeta extends Error {
  override readonly name = 'BadSnapshotMeta';
}

export interface StoredMeta {
  readonly meta: SnapshotMeta;
  /** Base64 of CRC-64/ECMA of state.bin. */
  readonly crc: string;
}

const suffrages: readonly Suffrage[] = ['voter', 'nonvoter', 'staging'];

export function formatMeta({ meta, crc }: StoredMeta): string {
  const fields = {
    Version: 1,
    ID: meta.id,
    Index: meta.index,
    Term: meta.term,
    Peers: Buffer.from(encodePeers(meta.configuration)).toString('base64'),
    Configuration: {
      Servers: meta.configuration.servers.map(({ suffrage, id, address }) => ({
        Suffrage: suffrages.indexOf(suffrage),
        ID: id,
        Address: address,
      })),
    },
    ConfigurationIndex: meta.configurationIndex,
    Size: meta.sizeBytes,
    CRC: crc,
  };
  return `${JSON.stringify(fields)}\n`;
}

/** For old readers: a MessagePack array of voter addresses as raw values. */
export function encodePeers(configuration: Configuration): Uint8Array {
  const addresses = votersOf(configuration).map(({ address }) => Buffer.from(address));
  const header =
    addresses.length < 16 ? [0x90 | addresses.length] : [0xdc, addresses.length >> 8, addresses.length & 255];
  const parts = addresses.flatMap((bytes) => [
    Uint8Array.from(bytes.length < 32 ? [0xa0 | bytes.length] : [0xda, bytes.length >> 8, bytes.length & 255]),
    bytes,
  ]);
  return Buffer.concat([Uint8Array.from(header), ...parts]);
}

export function parseMeta(text: string): StoredMeta {
  let fields: Record<string, unknown>;
  try {
    fields = asRecord(JSON.parse(text));
  } catch (error) {
    throw error instanceof BadSnapshotMeta ? error : new BadSnapshotMeta('not JSON', { cause: error });
  }
  if (fields.Version !== 1) throw new BadSnapshotMeta(`unsupported snapshot version ${String(fields.Version)}`);
  const servers = asRecord(fields.Configuration).Servers;
  if (!Array.isArray(servers)) throw new BadSnapshotMeta('Configuration.Servers is no list');
  return {
    meta: {
      id: asText(fields, 'ID'),
      index: asCount(fields, 'Index'),
      term: asCount(fields, 'Term'),
      configuration: { servers: servers.map(asServer) },
      configurationIndex: asCount(fields, 'ConfigurationIndex'),
      sizeBytes: asCount(fields, 'Size'),
    },
    crc: asText(fields, 'CRC'),
  };
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new BadSnapshotMeta('an object is missing');
  return value as Record<string, unknown>; // any non-null object may be looked into
}

function asServer(value: unknown): RaftServer {
  const fields = asRecord(value);
  const suffrage = suffrages[asCount(fields, 'Suffrage')];
  if (!suffrage) throw new BadSnapshotMeta('unknown suffrage');
  return { suffrage, id: asText(fields, 'ID'), address: asText(fields, 'Address') };
}

function asText(fields: Record<string, unknown>, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new BadSnapshotMeta(`${name} is no text`);
  return value;
}

function asCount(fields: Record<string, unknown>, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new BadSnapshotMeta(`${name} is no count`);
  }
  return value;
}
