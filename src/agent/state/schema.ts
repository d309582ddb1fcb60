/**
 * Every table of the state, its indexes, and what watching it means. Names and their letter case are folded in keys, as
 * in Consul: `Web` and `web` are one service. Topics of the watches are made by `topics` here and nowhere else.
 */
import type { ACLAuthMethod, ACLBindingRule, ACLPolicy, ACLRole, ACLToken } from '../../structs/acl.ts';
import type { HealthCheck, Node, NodeService } from '../../structs/catalog.ts';
import type { CAConfiguration, CAConsulProviderState, CARoot } from '../../structs/connect.ts';
import type { Coordinate } from '../../structs/coordinate.ts';
import type { FederationState } from '../../structs/federation.ts';
import type { Intention } from '../../structs/intention.ts';
import type { SystemMetadataEntry } from '../../structs/internal.ts';
import type { AutopilotConfig } from '../../structs/operator.ts';
import type { PreparedQuery } from '../../structs/prepared-query.ts';
import type { Session } from '../../structs/session.ts';
import type { KvRow, Tombstone } from './kv-row.ts';
import { part, Table, type TableDefinition } from './table.ts';

/** A service instance and the node it is registered on. */
export interface ServiceRow {
  /** The node's name as registered. */
  readonly Node: string;
  readonly Service: NodeService;
}

/** A record of a snapshot that this version knows nothing about: it is in those to come as well. */
export interface ForeignRow {
  readonly position: number;
  readonly record: { readonly byte: number; readonly raw: Uint8Array };
}

export const fold = (name: string): string => name.toLowerCase();
export const nodeKey = fold;
/** Services, checks and coordinates belong to a node: their keys start with its key. */
export const onNode = (node: string, id: string): string => fold(node) + part + fold(id);

/** An entry of any kind. The one of kind `mesh` has no name of its own. */
export interface ConfigEntryRow {
  readonly Kind: string;
  readonly Name?: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
  readonly [field: string]: unknown;
}

export const configEntryKey = (kind: string, name: string): string => kind + part + fold(name);
export const configEntryName = (entry: ConfigEntryRow): string => entry.Name ?? 'mesh';

/** The service that a proxy or a native service makes reachable in the mesh; null for all others. */
export function meshName(service: NodeService): string | null {
  if (service.Kind === 'connect-proxy') return fold(service.Proxy.DestinationServiceName);
  return service.Connect.Native ? fold(service.Service) : null;
}

export const sessionChecks = (session: Session): string[] => [
  ...(session.NodeChecks ?? []),
  ...(session.ServiceChecks ?? []).map((check) => check.ID),
  ...(session.Checks ?? []),
];

/** Names of the things a read may watch besides keys and prefixes. A whole table is watched by its own name. */
export const topics = {
  node: (name: string) => `node:${fold(name)}`,
  /** Instances of a service, their nodes and their checks. */
  service: (name: string) => `service:${fold(name)}`,
  mesh: (name: string) => `mesh:${fold(name)}`,
  nodeChecks: (node: string) => `node-checks:${fold(node)}`,
  serviceChecks: (service: string) => `service-checks:${fold(service)}`,
  checkStatus: (status: string) => `check-status:${fold(status)}`,
  session: (id: string) => `session:${fold(id)}`,
  nodeSessions: (node: string) => `node-sessions:${fold(node)}`,
  configEntry: (kind: string, name: string) => `config-entry:${kind}/${fold(name)}`,
  configKind: (kind: string) => `config-kind:${kind}`,
} as const;

const whole =
  <Row>(name: string): TableDefinition<Row>['touch'] =>
  (_, watches) =>
    watches.touch(name);

/** The table, and the row by itself. */
const wholeAnd =
  <Row>(name: string, own: (row: Row) => string): TableDefinition<Row>['touch'] =>
  (row, watches) => {
    watches.touch(name);
    watches.touch(own(row));
  };

const links = (list: readonly { readonly ID: string }[] | null): string[] => (list ?? []).map((link) => fold(link.ID));

const definitions = {
  nodes: define<Node>({
    key: (node) => nodeKey(node.Node),
    indexes: { id: (node) => (node.ID === '' ? null : fold(node.ID)) },
    touch(node, watches) {
      watches.touch('nodes');
      watches.touch(topics.node(node.Node));
    },
  }),
  services: define<ServiceRow>({
    key: (row) => onNode(row.Node, row.Service.ID),
    indexes: {
      name: (row) => fold(row.Service.Service),
      mesh: (row) => meshName(row.Service),
      kind: (row) => row.Service.Kind,
    },
    touch(row, watches) {
      watches.touch('services');
      watches.touch(topics.node(row.Node));
      watches.touch(topics.service(row.Service.Service));
      const mesh = meshName(row.Service);
      if (mesh !== null) watches.touch(topics.mesh(mesh));
    },
  }),
  checks: define<HealthCheck>({
    key: (check) => onNode(check.Node, check.CheckID),
    indexes: {
      status: (check) => fold(check.Status),
      service: (check) => fold(check.ServiceName),
      instance: (check) => onNode(check.Node, check.ServiceID),
    },
    touch(check, watches) {
      watches.touch('checks');
      watches.touch(topics.nodeChecks(check.Node));
      watches.touch(topics.checkStatus(check.Status));
      watches.touch(topics.serviceChecks(check.ServiceName));
    },
  }),
  kvs: define<KvRow>({
    key: (row) => row.key,
    indexes: { session: (row) => (row.session === '' ? null : fold(row.session)) },
    touch: (row, watches) => watches.touchKey(row.key),
    touchesByKey: true,
  }),
  tombstones: define<Tombstone>({ key: (stone) => stone.key, indexes: {}, touch() {} }),
  sessions: define<Session>({
    key: (session) => fold(session.ID),
    indexes: {
      node: (session) => nodeKey(session.Node),
      check: (session) => sessionChecks(session).map((check) => onNode(session.Node, check)),
    },
    touch(session, watches) {
      watches.touch('sessions');
      watches.touch(topics.session(session.ID));
      watches.touch(topics.nodeSessions(session.Node));
    },
  }),
  /** What only newer servers know, in the order of its snapshot. */
  foreign: define<ForeignRow>({
    key: ({ position }) => position.toString(36).padStart(positionDigits, '0'),
    indexes: {},
    touch() {},
  }),
  coordinates: define<Coordinate>({
    key: (row) => onNode(row.Node, row.Segment),
    indexes: {},
    touch: whole('coordinates'),
  }),
  autopilot: define<AutopilotConfig>({ key: () => '', indexes: {}, touch: whole('autopilot') }),
  systemMetadata: define<SystemMetadataEntry>({
    key: (entry) => entry.Key,
    indexes: {},
    touch: whole('system-metadata'),
  }),
  configEntries: define<ConfigEntryRow>({
    key: (entry) => configEntryKey(entry.Kind, configEntryName(entry)),
    indexes: {},
    touch(entry, watches) {
      watches.touch('config-entries');
      watches.touch(topics.configKind(entry.Kind));
      watches.touch(topics.configEntry(entry.Kind, configEntryName(entry)));
    },
  }),
  preparedQueries: define<PreparedQuery>({
    key: (query) => fold(query.ID),
    indexes: {
      name: (query) => (query.Name === '' ? null : fold(query.Name)),
      session: (query) => (query.Session === '' ? null : fold(query.Session)),
    },
    touch: whole('prepared-queries'),
  }),
  intentions: define<Intention>({
    key: (intention) => fold(intention.ID),
    indexes: {},
    touch: whole('connect-intentions'),
  }),
  caRoots: define<CARoot>({ key: (root) => root.ID, indexes: {}, touch: whole('connect-ca-roots') }),
  caConfig: define<CAConfiguration>({ key: () => '', indexes: {}, touch: whole('connect-ca-config') }),
  caProviders: define<CAConsulProviderState>({
    key: (state) => state.ID,
    indexes: {},
    touch: whole('connect-ca-builtin'),
  }),
  federationStates: define<FederationState>({
    key: (state) => fold(state.Datacenter),
    indexes: {},
    touch: whole('federation-states'),
  }),
  aclTokens: define<ACLToken>({
    // Tokens of the legacy system may have no accessor.
    key: (token) => token.SecretID,
    indexes: {
      accessor: (token) => (token.AccessorID === '' ? null : fold(token.AccessorID)),
      withoutAccessor: (token) => (token.AccessorID === '' ? '' : null),
      // In order of time.
      expires: ({ ExpirationTime }) =>
        ExpirationTime === null ? null : String(Date.parse(ExpirationTime)).padStart(16, '0'),
      policy: (token) => links(token.Policies),
      role: (token) => links(token.Roles),
      authMethod: (token) => (token.AuthMethod === '' ? null : fold(token.AuthMethod)),
    },
    touch: wholeAnd('acl-tokens', (token) => `acl-token:${token.SecretID}`),
  }),
  aclPolicies: define<ACLPolicy>({
    key: (policy) => fold(policy.ID),
    indexes: { name: (policy) => fold(policy.Name) },
    touch: wholeAnd('acl-policies', (policy) => `acl-policy:${fold(policy.ID)}`),
  }),
  aclRoles: define<ACLRole>({
    key: (role) => fold(role.ID),
    indexes: { name: (role) => fold(role.Name), policy: (role) => links(role.Policies) },
    touch: wholeAnd('acl-roles', (role) => `acl-role:${fold(role.ID)}`),
  }),
  aclBindingRules: define<ACLBindingRule>({
    key: (rule) => fold(rule.ID),
    indexes: { authMethod: (rule) => fold(rule.AuthMethod) },
    touch: whole('acl-binding-rules'),
  }),
  aclAuthMethods: define<ACLAuthMethod>({
    key: (method) => fold(method.Name),
    indexes: {},
    touch: whole('acl-auth-methods'),
  }),
};

const positionDigits = 8;

function define<Row>(definition: TableDefinition<Row>): TableDefinition<Row> {
  return definition;
}

export type TableName = keyof typeof definitions;
export type RowOf<Name extends TableName> = (typeof definitions)[Name] extends TableDefinition<infer Row> ? Row : never;
export type TableSet = { readonly [Name in TableName]: Table<RowOf<Name>> };

const names = Object.keys(definitions) as TableName[];

export function createTableSet(): TableSet {
  const set = names.map((name) => [name, new Table(definitions[name] as TableDefinition<unknown>)]);
  return Object.fromEntries(set) as TableSet;
}

/** A frozen copy, in O(1). */
export function cloneTableSet(tables: TableSet): TableSet {
  return Object.fromEntries(names.map((name) => [name, tables[name].clone()])) as unknown as TableSet;
}

/** Keys of the index table: the Raft index of the last change of a table, or of a service. */
export const indexKeys = {
  service: (name: string) => `service.${fold(name)}`,
  serviceKind: (kind: string) => `service_kind.${kind === '' ? 'typical' : fold(kind)}`,
  /** When the last instance of any service went away. */
  extinction: 'service_last_extinction',
} as const;
