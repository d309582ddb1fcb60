/** Rights of intentions, config entries, prepared queries and the mesh. */
import type { Intention } from '../../../structs/intention.ts';
import type { PreparedQuery } from '../../../structs/prepared-query.ts';
import type { Authorizer } from '../../acl/authorizer.ts';
import { identityOf, readCsr } from '../../connect/csr.ts';
import { errors, RpcError } from '../../errors.ts';
import { resolvePreparedQuery } from '../../state/prepared-query.ts';
import { fold } from '../../state/schema.ts';
import { CommandError, type State } from '../../state/store.ts';
import { visibleInstances } from './catalog.ts';
import { needs, type Permit, type Rights } from './permit.ts';

const operatorRead = needs('operator', 'read');
const operatorWrite = needs('operator', 'write');

interface EntryName {
  readonly Kind?: string;
  readonly Name?: string;
}

function mayReadEntry(authorizer: Authorizer, { Kind = '', Name = '' }: EntryName): boolean {
  switch (Kind) {
    case 'proxy-defaults':
    case 'mesh':
      return true;
    case 'service-intentions':
      return authorizer.allows('intention', 'read', Name);
    default:
      return authorizer.allows('service', 'read', Name);
  }
}

function demandEntryWrite(permit: Permit, { Kind = '', Name = '' }: EntryName): void {
  switch (Kind) {
    case 'service-intentions':
      return permit.demand('intention', 'write', Name);
    case 'service-defaults':
    case 'service-router':
    case 'service-splitter':
    case 'service-resolver':
      return permit.demand('service', 'write', Name);
    default:
      return permit.demand('operator', 'write');
  }
}

const entryOf = (entry: unknown): EntryName => (entry ?? {}) as EntryName;

const mayReadIntention = (authorizer: Authorizer, { SourceName, DestinationName }: Intention): boolean =>
  authorizer.allows('intention', 'read', SourceName) || authorizer.allows('intention', 'read', DestinationName);

function intentions<R extends { Intentions: Intention[] | null }>(authorizer: Authorizer, reply: R): R {
  return { ...reply, Intentions: reply.Intentions?.filter((one) => mayReadIntention(authorizer, one)) ?? null };
}

/** What rules about a query go by; null for queries that have no name: who knows the id may use it. */
const queryPrefix = (query: PreparedQuery): string | null =>
  query.Name !== '' || query.Template.Type !== '' ? query.Name : null;

/** Of a query that there is; what is not there is told by the method itself. */
function storedToken(state: State, idOrName: string, segment: string): string {
  try {
    return resolvePreparedQuery(state, idOrName, segment)?.Token ?? '';
  } catch (error) {
    if (error instanceof CommandError) return '';
    throw error;
  }
}

/** The tokens of queries are for those who may change tokens. */
const withoutToken = (authorizer: Authorizer, query: PreparedQuery): PreparedQuery =>
  query.Token === '' || authorizer.allows('acl', 'write') ? query : { ...query, Token: '<hidden>' };

export const meshRights: Rights<
  | 'AutoConfig.InitialConfiguration'
  | 'AutoEncrypt.Sign'
  | 'ConfigEntry.Apply'
  | 'ConfigEntry.Delete'
  | 'ConfigEntry.Get'
  | 'ConfigEntry.List'
  | 'ConfigEntry.ListAll'
  | 'ConfigEntry.ResolveServiceConfig'
  | 'ConnectCA.ConfigurationGet'
  | 'ConnectCA.ConfigurationSet'
  | 'ConnectCA.Roots'
  | 'ConnectCA.Sign'
  | 'ConnectCA.SignIntermediate'
  | 'DiscoveryChain.Get'
  | 'FederationState.Apply'
  | 'FederationState.Get'
  | 'FederationState.List'
  | 'FederationState.ListMeshGateways'
  | 'Intention.Apply'
  | 'Intention.Check'
  | 'Intention.Get'
  | 'Intention.List'
  | 'Intention.Match'
  | 'Internal.GatewayIntentions'
  | 'Internal.GatewayServiceDump'
  | 'Internal.IntentionUpstreams'
  | 'Internal.ServiceTopology'
  | 'PreparedQuery.Apply'
  | 'PreparedQuery.Execute'
  | 'PreparedQuery.ExecuteRemote'
  | 'PreparedQuery.Explain'
  | 'PreparedQuery.Get'
  | 'PreparedQuery.List'
> = {
  // Certificates are for those who may do everything until a method itself looks at what is to be signed.
  'AutoConfig.InitialConfiguration': needs('acl', 'write'),
  'AutoEncrypt.Sign': {
    check(permit, { CSR = '' }) {
      const identity = identityOf(readCsr(CSR));
      if (identity.kind !== 'agent') throw new RpcError('SPIFFE ID in CSR must be an agent ID');
      permit.demand('node', 'write', identity.node);
    },
  },
  'ConnectCA.Sign': {
    check(permit, { CSR = '' }) {
      const identity = identityOf(readCsr(CSR));
      if (identity.kind === 'service') permit.demand('service', 'write', identity.service);
      else permit.demand('node', 'write', identity.node);
    },
  },
  'ConnectCA.SignIntermediate': operatorWrite,
  // There may be a key in it.
  'ConnectCA.ConfigurationGet': operatorWrite,
  'ConnectCA.ConfigurationSet': operatorWrite,
  'ConnectCA.Roots': 'public',
  'ConfigEntry.Apply': { check: (permit, { Entry }) => demandEntryWrite(permit, entryOf(Entry)) },
  'ConfigEntry.Delete': { check: (permit, { Entry }) => demandEntryWrite(permit, entryOf(Entry)) },
  'ConfigEntry.Get': {
    check(permit, { Kind = '', Name = '' }) {
      if (!mayReadEntry(permit.authorizer, { Kind, Name })) {
        permit.demand(Kind === 'service-intentions' ? 'intention' : 'service', 'read', Name);
      }
    },
  },
  'ConfigEntry.List': {
    filter: (authorizer, reply) => ({
      ...reply,
      Entries: reply.Entries?.filter((entry) => mayReadEntry(authorizer, entryOf(entry))) ?? null,
    }),
  },
  'ConfigEntry.ListAll': {
    filter: (authorizer, reply) => ({
      ...reply,
      Entries: reply.Entries?.filter((entry) => mayReadEntry(authorizer, entryOf(entry))) ?? null,
    }),
  },
  'ConfigEntry.ResolveServiceConfig': { check: (permit, { Name = '' }) => permit.demand('service', 'read', Name) },
  'DiscoveryChain.Get': { check: (permit, { Name = '' }) => permit.demand('service', 'read', Name) },
  'FederationState.Apply': operatorWrite,
  'FederationState.Get': operatorRead,
  'FederationState.List': operatorRead,
  'FederationState.ListMeshGateways': {
    filter(authorizer, reply) {
      const all = Object.entries(reply.DatacenterNodes ?? {});
      const DatacenterNodes = Object.fromEntries(
        all.map(([datacenter, nodes]) => [datacenter, visibleInstances(authorizer, nodes)]),
      );
      return { ...reply, DatacenterNodes };
    },
  },
  'Intention.Apply': {
    check(permit, { Intention, Mutation }) {
      const id = Intention?.ID || Mutation?.ID || '';
      const stored = id === '' ? undefined : permit.state.tables.intentions.get(fold(id));
      const destination = Intention?.DestinationName || Mutation?.Destination.Name || stored?.DestinationName || '*';
      permit.demand('intention', 'write', destination);
      if (stored !== undefined) permit.demand('intention', 'write', stored.DestinationName);
    },
  },
  // The answer says no more of an intention than a connection would.
  'Intention.Check': {
    check: (permit, { Check }) => permit.demand('service', 'read', Check?.DestinationName ?? ''),
  },
  'Intention.Get': {
    filter(authorizer, reply) {
      const visible = intentions(authorizer, reply);
      if ((visible.Intentions ?? []).length < (reply.Intentions ?? []).length) throw errors.permissionDenied();
      return visible;
    },
  },
  'Intention.List': { filter: intentions },
  'Intention.Match': {
    check(permit, { Match }) {
      for (const { Name } of Match?.Entries ?? []) permit.demand('intention', 'read', Name);
    },
  },
  'Internal.GatewayIntentions': {
    check(permit, { Match }) {
      for (const { Name } of Match?.Entries ?? []) permit.demand('service', 'read', Name);
    },
    filter: intentions,
  },
  'Internal.GatewayServiceDump': {
    check: (permit, { ServiceName = '' }) => permit.demand('service', 'read', ServiceName),
    filter: (authorizer, reply) => ({
      ...reply,
      Dump:
        reply.Dump?.filter(
          ({ Node, Service }) =>
            Node === null ||
            (authorizer.allows('node', 'read', Node.Node) &&
              authorizer.allows('service', 'read', Service?.Service ?? '')),
        ) ?? null,
    }),
  },
  'Internal.IntentionUpstreams': {
    check: (permit, { ServiceName = '' }) => permit.demand('service', 'read', ServiceName),
    filter: (authorizer, reply) => ({
      ...reply,
      Services: reply.Services?.filter(({ Name }) => authorizer.allows('service', 'read', Name)) ?? null,
    }),
  },
  'Internal.ServiceTopology': {
    check: (permit, { ServiceName = '' }) => permit.demand('service', 'read', ServiceName),
    filter(authorizer, reply) {
      const topology = reply.ServiceTopology;
      if (topology === null) return reply;
      const Upstreams = visibleInstances(authorizer, topology.Upstreams);
      const Downstreams = visibleInstances(authorizer, topology.Downstreams);
      const FilteredByACLs =
        Upstreams?.length !== topology.Upstreams?.length || Downstreams?.length !== topology.Downstreams?.length;
      return { ...reply, ServiceTopology: { ...topology, Upstreams, Downstreams }, FilteredByACLs };
    },
  },
  'PreparedQuery.Apply': {
    check(permit, { Query }) {
      if (!Query) return;
      const stored = permit.state.tables.preparedQueries.get(fold(Query.ID));
      for (const query of [Query, ...(stored === undefined ? [] : [stored])]) {
        const prefix = queryPrefix(query);
        if (prefix !== null) permit.demand('query', 'write', prefix);
      }
    },
  },
  // A query may bring a token of its own, so that those can execute it who have none.
  'PreparedQuery.Execute': {
    token: (state, { QueryIDOrName = '', Agent }) => storedToken(state, QueryIDOrName, Agent?.Segment ?? ''),
    filter: (authorizer, reply) => ({ ...reply, Nodes: visibleInstances(authorizer, reply.Nodes) }),
  },
  'PreparedQuery.ExecuteRemote': {
    token: (_state, { Query }) => Query?.Token ?? '',
    filter: (authorizer, reply) => ({ ...reply, Nodes: visibleInstances(authorizer, reply.Nodes) }),
  },
  'PreparedQuery.Explain': {
    filter(authorizer, reply) {
      const prefix = queryPrefix(reply.Query);
      if (prefix !== null && !authorizer.allows('query', 'read', prefix)) throw errors.permissionDenied();
      return { ...reply, Query: withoutToken(authorizer, reply.Query) };
    },
  },
  'PreparedQuery.Get': {
    filter(authorizer, reply) {
      const Queries = (reply.Queries ?? []).map((query) => {
        const prefix = queryPrefix(query);
        if (prefix !== null && !authorizer.allows('query', 'read', prefix)) throw errors.permissionDenied();
        return withoutToken(authorizer, query);
      });
      return { ...reply, Queries };
    },
  },
  'PreparedQuery.List': {
    filter(authorizer, reply) {
      const manages = authorizer.allows('acl', 'write');
      const Queries = (reply.Queries ?? []).filter((query) => {
        const prefix = queryPrefix(query);
        return manages || (prefix !== null && authorizer.allows('query', 'read', prefix));
      });
      return { ...reply, Queries: Queries.map((query) => withoutToken(authorizer, query)) };
    },
  },
};
