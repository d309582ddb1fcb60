/** PreparedQuery.*: queries kept by the servers, with templates, and with other datacenters to go to. */
import { DurationError, parseDuration } from '../../../lib/duration.ts';
import { make } from '../../../structs/make.ts';
import { PreparedQuery, type PreparedQueryExecuteRequest } from '../../../structs/prepared-query.ts';
import { serviceMetaFault } from '../../../structs/service-faults.ts';
import { RpcError } from '../../errors.ts';
import {
  getPreparedQuery,
  listPreparedQueries,
  readPreparedQuery,
  resolvePreparedQuery,
} from '../../state/prepared-query.ts';
import { CommandError } from '../../state/store.ts';
import { answer, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import { executeHere, executeWithFailover } from './query-execution.ts';

const invalid = (what: string): RpcError => new RpcError(`Invalid prepared query: ${what}`);

/** Throws RpcError for a query that could not be executed. */
function refuseFaults({ Name, Template, Session, Service, DNS }: PreparedQuery): void {
  if (Name === '' && Template.Type === '' && Session === '') throw invalid('Must be bound to a session');
  if (Service.Service === '') throw invalid('Must provide a Service name to query');
  if (Service.Failover.NearestN < 0) throw invalid(`Bad NearestN '${Service.Failover.NearestN}', must be >= 0`);
  if (DNS.TTL !== '') {
    const ttlNs = ttlOf(DNS.TTL);
    if (ttlNs < 0) throw invalid(`DNS TTL '${ttlNs}', must be >=0`);
  }
  for (const Meta of [Service.NodeMeta, Service.ServiceMeta]) {
    const fault = serviceMetaFault({ Kind: 'mesh-gateway', Meta });
    if (fault !== null) throw invalid(fault);
  }
}

function ttlOf(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof DurationError) throw invalid(`Bad DNS TTL '${text}': ${error.message}`);
    throw error;
  }
}

function existing(context: ServerContext, id: string): PreparedQuery {
  const query = refusing('Prepared Query lookup failed: ', () => getPreparedQuery(context.store.state, id));
  if (query === undefined) throw new RpcError(`Cannot modify non-existent prepared query: '${id}'`);
  return query;
}

function refusing<T>(prefix: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw error instanceof CommandError ? new RpcError(prefix + error.message) : error;
  }
}

/** The query that is asked for, with its template filled in. */
function resolved({ store }: ServerContext, args: Partial<PreparedQueryExecuteRequest>): PreparedQuery {
  const { QueryIDOrName = '', Agent } = args;
  const query = refusing('', () => resolvePreparedQuery(store.state, QueryIDOrName, Agent?.Segment ?? ''));
  if (query === undefined) throw new RpcError('Query not found', 404);
  return query;
}

export const preparedQueryMethods: MethodTable = {
  'PreparedQuery.Apply': {
    kind: 'procedure',
    by: 'leader',
    async run(context, { Op = '', Query: given, Datacenter = '', Token = '' }) {
      const query = make(PreparedQuery, given ?? {});
      if (Op === 'create') {
        if (query.ID !== '') throw new RpcError('ID must be empty when creating a new prepared query');
        query.ID = context.runtime.random.uuid();
      } else if (Op === 'update' || Op === 'delete') existing(context, query.ID);
      else throw new RpcError(`Unknown prepared query operation: ${Op}`);
      if (Op !== 'delete') refuseFaults(query);
      try {
        await context.propose('preparedQuery', { Op, Query: query, Datacenter, Token });
      } catch (error) {
        throw error instanceof CommandError ? new RpcError(`raft apply failed: ${error.message}`) : error;
      }
      return answer(query.ID);
    },
  },
  'PreparedQuery.Get': {
    kind: 'state',
    key: (args) => args.QueryID ?? '',
    read(state, watch, { QueryID = '' }) {
      const { index, queries } = refusing('', () => readPreparedQuery(state, watch, QueryID));
      if (queries.length === 0) throw new RpcError('Query not found', 404);
      return { index, reply: { Queries: queries, ...noMeta } };
    },
  },
  'PreparedQuery.List': {
    kind: 'state',
    key: () => '',
    read(state, watch) {
      const { index, queries } = listPreparedQueries(state, watch);
      return { index, reply: { Queries: queries, ...noMeta } };
    },
  },
  'PreparedQuery.Execute': {
    kind: 'procedure',
    by: 'reader',
    run: (context, args, options) =>
      executeWithFailover(context, resolved(context, args), args, options?.signal).then(answer),
  },
  'PreparedQuery.ExecuteRemote': {
    kind: 'procedure',
    by: 'reader',
    run: (context, { Query, Limit = 0, Connect = false, Token = '' }) => {
      const wanted = { near: '', limit: Limit, connect: Connect, token: Token };
      return answer(executeHere(context, Query ?? make(PreparedQuery), wanted));
    },
  },
  'PreparedQuery.Explain': {
    kind: 'procedure',
    by: 'reader',
    run: (context, args) => answer({ Query: resolved(context, args), ...noMeta }),
  },
};
