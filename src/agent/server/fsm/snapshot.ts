/** The state as records, in Consul's order, and back (wire/snapshot, section 2). */
import { byteOrder, fromByteOrder } from '../../../lib/btree/byte-order.ts';
import { readState, SnapshotError, type StateRecord, writeState } from '../../../snapshot/index.ts';
import type { Node, RegisterRequest } from '../../../structs/catalog.ts';
import type { DirEntry } from '../../../structs/kv.ts';
import { legacyToken } from '../../state/acl.ts';
import { fromPackedEntry, toPackedEntry } from '../../state/kv-row.ts';
import { nodeOf } from '../../state/registration.ts';
import { type ConfigEntryRow, nodeKey, type RowOf, type TableName } from '../../state/schema.ts';
import { createState, type State } from '../../state/store.ts';
import { part, type Table } from '../../state/table.ts';
import type { Chunk } from './chunks.ts';

/** Bytes of a frozen state. `nowMs` tells when the event loop has to turn; default: the system's clock. */
export function writeSnapshot(state: State, chunks: readonly Chunk[], nowMs?: () => number): AsyncIterable<Uint8Array> {
  let lastIndex = 0;
  state.indexes.scan('', (index) => {
    lastIndex = Math.max(lastIndex, index);
  });
  return writeState(lastIndex, recordsOf(state, chunks), nowMs);
}

function* recordsOf({ tables, indexes }: State, chunks: readonly Chunk[]): Generator<StateRecord> {
  yield* registrations(tables);
  for (const [, row] of tables.coordinates.rows.entries()) yield { type: 'coordinates', value: [row] };
  for (const [, value] of tables.sessions.rows.entries()) yield { type: 'session', value };
  for (const [, value] of tables.aclTokens.rows.entries()) yield { type: 'aclToken', value };
  for (const [, value] of tables.aclPolicies.rows.entries()) yield { type: 'aclPolicy', value };
  for (const [, value] of tables.aclRoles.rows.entries()) yield { type: 'aclRole', value };
  for (const [, value] of tables.aclBindingRules.rows.entries()) yield { type: 'aclBindingRule', value };
  for (const [, value] of tables.aclAuthMethods.rows.entries()) yield { type: 'aclAuthMethod', value };
  for (const [, row] of tables.kvs.rows.entries()) yield { type: 'kv', value: toPackedEntry(row) };
  for (const [, { key, index }] of tables.tombstones.rows.entries())
    yield { type: 'tombstone', value: stone(key, index) };
  for (const [, value] of tables.preparedQueries.rows.entries()) yield { type: 'preparedQuery', value };
  for (const [, value] of tables.autopilot.rows.entries()) yield { type: 'autopilot', value };
  for (const [, value] of tables.intentions.rows.entries()) yield { type: 'legacyIntention', value };
  for (const [, value] of tables.caRoots.rows.entries()) yield { type: 'connectCARoot', value };
  for (const [, value] of tables.caProviders.rows.entries()) yield { type: 'connectCAProviderState', value };
  for (const [, value] of tables.caConfig.rows.entries()) yield { type: 'connectCAConfig', value };
  for (const [, Entry] of tables.configEntries.rows.entries()) {
    yield { type: 'configEntry', value: { Op: '', Datacenter: '', Entry, Token: '' } };
  }
  for (const [, State] of tables.federationStates.rows.entries()) {
    yield { type: 'federationState', value: { Datacenter: '', Op: 'upsert', State, Token: '' } };
  }
  for (const [, value] of tables.systemMetadata.rows.entries()) yield { type: 'systemMetadata', value };
  for (const [, { record }] of tables.foreign.rows.entries()) yield { type: 'foreign', value: record };
  for (const [Key, Value] of indexes.entries()) yield { type: 'index', value: { Key, Value } };
  yield { type: 'chunkingState', value: { ChunkMap: chunkMap(chunks) } };
}

/** A node, then its services, then its checks: each a registration that repeats the node. */
function* registrations(tables: State['tables']): Generator<StateRecord> {
  for (const [key, node] of tables.nodes.rows.entries()) {
    const value = registration(node);
    yield { type: 'registration', value };
    for (const { Service } of tables.services.rows.values(key + part)) {
      yield { type: 'registration', value: { ...value, Service } };
    }
    for (const Check of tables.checks.rows.values(key + part)) {
      yield { type: 'registration', value: { ...value, Check } };
    }
  }
}

const registration = (node: Node): RegisterRequest => ({
  Datacenter: node.Datacenter,
  ID: node.ID,
  Node: node.Node,
  Address: node.Address,
  TaggedAddresses: node.TaggedAddresses,
  NodeMeta: node.Meta,
  Service: null,
  Check: null,
  Checks: null,
  SkipNodeUpdate: false,
  Token: '',
  CreateIndex: node.CreateIndex,
  ModifyIndex: node.ModifyIndex,
});

const stone = (key: string, index: number): DirEntry => ({
  LockIndex: 0,
  Key: fromByteOrder(key),
  Flags: 0,
  Value: null,
  Session: '',
  CreateIndex: 0,
  ModifyIndex: index,
});

type ChunkRecord = {
  OpNum: number | bigint;
  SequenceNum: number;
  NumChunks: number;
  Term: number;
  Data: Uint8Array | null;
};

function chunkMap(chunks: readonly Chunk[]): Record<string, ChunkRecord[]> {
  const map: Record<string, ChunkRecord[]> = {};
  for (const { operation, sequence, total, term, data } of chunks) {
    map[String(operation)] ??= [];
    map[String(operation)]?.push({ OpNum: operation, SequenceNum: sequence, NumChunks: total, Term: term, Data: data });
  }
  return map;
}

/** Builds a state from its bytes. Rejects with SnapshotError; nothing but the new state was touched then. */
export async function readSnapshot(
  stream: AsyncIterable<Uint8Array>,
  nowMs?: () => number,
): Promise<{ state: State; chunks: Chunk[] }> {
  const state = createState();
  const chunks: Chunk[] = [];
  const { records } = await readState(stream, nowMs);
  for await (const record of records) load(state, chunks, record);
  return { state, chunks };
}

type Value<T extends StateRecord['type']> = Extract<StateRecord, { readonly type: T }>['value'];
type Loader<T extends StateRecord['type']> = (state: State, value: Value<T>, chunks: Chunk[]) => void;

/** Puts a row as it is: indexes are those of the records, and nobody watches a state in the making. */
function put<Name extends TableName>(state: State, name: Name, row: RowOf<Name>): void {
  (state.tables[name] as unknown as Table<RowOf<Name>>).put(row, null);
}

const into =
  <Name extends TableName>(name: Name) =>
  (state: State, row: RowOf<Name>): void =>
    put(state, name, row);

const loaders: { readonly [T in StateRecord['type']]: Loader<T> } = {
  registration: loadRegistration,
  coordinates(state, rows) {
    for (const row of rows ?? []) put(state, 'coordinates', row);
  },
  session: into('sessions'),
  aclToken: into('aclTokens'),
  legacyAcl: (state, acl) => put(state, 'aclTokens', legacyToken(acl)),
  aclBootstrap(state, { ModifyIndex }) {
    state.indexes.set('acl-token-bootstrap', ModifyIndex);
  },
  aclPolicy: into('aclPolicies'),
  aclRole: into('aclRoles'),
  aclBindingRule: into('aclBindingRules'),
  aclAuthMethod: into('aclAuthMethods'),
  kv: (state, entry) => put(state, 'kvs', fromPackedEntry(entry)),
  tombstone: (state, { Key, ModifyIndex }) => put(state, 'tombstones', { key: byteOrder(Key), index: ModifyIndex }),
  preparedQuery: into('preparedQueries'),
  autopilot: into('autopilot'),
  legacyIntention: into('intentions'),
  connectCARoot: into('caRoots'),
  connectCAProviderState: into('caProviders'),
  connectCAConfig: into('caConfig'),
  configEntry(state, { Entry }) {
    if (Entry !== null) put(state, 'configEntries', Entry as ConfigEntryRow);
  },
  federationState(state, { State: row }) {
    if (row !== null) put(state, 'federationStates', row);
  },
  systemMetadata: into('systemMetadata'),
  foreign: (state, record) => put(state, 'foreign', { position: state.tables.foreign.rows.size, record }),
  index(state, { Key, Value }) {
    state.indexes.set(Key, Value);
  },
  chunkingState(_, { ChunkMap }, chunks) {
    for (const piece of Object.values(ChunkMap ?? {}).flatMap((pieces) => pieces ?? [])) {
      chunks.push({
        operation: BigInt(piece.OpNum),
        sequence: piece.SequenceNum,
        total: piece.NumChunks,
        term: piece.Term,
        data: piece.Data ?? new Uint8Array(0),
      });
    }
  },
};

function load(state: State, chunks: Chunk[], record: StateRecord): void {
  (loaders[record.type] as Loader<StateRecord['type']>)(state, record.value, chunks);
}

function loadRegistration(state: State, request: RegisterRequest): void {
  if (request.Service === null && request.Check === null) put(state, 'nodes', nodeOf(request));
  // A node is the first of its records; what repeats it later may not invent one.
  const node = state.tables.nodes.get(nodeKey(request.Node));
  if (node === undefined) throw new SnapshotError(`failed to restore registration: no node "${request.Node}"`);
  if (request.Service !== null) put(state, 'services', { Node: node.Node, Service: request.Service });
  if (request.Check !== null) put(state, 'checks', request.Check);
}
