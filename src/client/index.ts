/**
 * The typed client of the /v1 API, for ours and any other Consul agent. `createClient` is for programs that stay (got,
 * kept-alive connections); one-shot commands build only the area they need on `nodeTransport`.
 */
import { type AgentApi, agentApi } from './agent.ts';
import { type CatalogApi, catalogApi, type HealthApi, healthApi } from './catalog.ts';
import { type ConsulHttp, consulHttp } from './http.ts';
import { type KvApi, kvApi } from './kv.ts';
import {
  type CoordinateApi,
  coordinateApi,
  type EventApi,
  eventApi,
  type OperatorApi,
  operatorApi,
  type SnapshotApi,
  type StatusApi,
  snapshotApi,
  statusApi,
} from './operator.ts';
import { type SessionApi, sessionApi } from './session.ts';
import { type ClientOptions, resolveSettings, type Settings } from './settings.ts';
import type { Transport } from './transport.ts';

export interface Client {
  readonly http: ConsulHttp;
  readonly kv: KvApi;
  readonly session: SessionApi;
  readonly agent: AgentApi;
  readonly catalog: CatalogApi;
  readonly health: HealthApi;
  readonly status: StatusApi;
  readonly operator: OperatorApi;
  readonly snapshot: SnapshotApi;
  readonly event: EventApi;
  readonly coordinate: CoordinateApi;
  /** Where it asks, for people: `http://127.0.0.1:8500`. */
  readonly address: string;
  close(): void;
}

/** got is loaded with the first request: a program may draw its first screen before. */
function lazyGot(settings: Settings): Transport {
  let loaded: Promise<Transport> | undefined;
  const load = (): Promise<Transport> => {
    loaded ??= import('./transport-got.ts').then(({ gotTransport }) => gotTransport(settings));
    return loaded;
  };
  return {
    send: async (request) => (await load()).send(request),
    stream: async (request) => (await load()).stream(request),
    close: () => void loaded?.then((transport) => transport.close()),
  };
}

/** Throws an `ApiError` of fault `settings`. `transport` replaces the network in tests. */
export function createClient(options: ClientOptions = {}, transport?: Transport): Client {
  const settings = resolveSettings(options);
  const http = consulHttp(settings, transport ?? lazyGot(settings));
  const { scheme, authority, socketPath } = settings;
  return {
    http,
    kv: kvApi(http),
    session: sessionApi(http),
    agent: agentApi(http),
    catalog: catalogApi(http),
    health: healthApi(http),
    status: statusApi(http),
    operator: operatorApi(http),
    snapshot: snapshotApi(http),
    event: eventApi(http),
    coordinate: coordinateApi(http),
    address: socketPath === undefined ? `${scheme}://${authority}` : `unix://${socketPath}`,
    close: () => http.close(),
  };
}

export { type MemberStatus, type MonitorOptions, memberStatus } from './agent.ts';
export { type BlockingOptions, type BlockingState, blockingQuery } from './blocking-query.ts';
export { ApiError, type Fault } from './errors.ts';
export type { Answer, AnswerMeta, QueryOptions, WriteOptions } from './http.ts';
export { bytesOf } from './kv.ts';
export type * from './operator-types.ts';
export type { ClientOptions } from './settings.ts';
export type * from './types.ts';
