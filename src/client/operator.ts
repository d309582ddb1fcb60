/** The cluster itself: leader, raft peers, snapshots, events, coordinates. */
import { escapePath } from '../lib/go-url.ts';
import {
  type Answer,
  type ConsulHttp,
  parseJson,
  type QueryOptions,
  type RawAnswer,
  type WriteOptions,
} from './http.ts';
import type { AutopilotConfiguration, AutopilotHealth, AutopilotState, KeyringEntry } from './operator-types.ts';
import type { HttpStream, Method } from './transport.ts';
import type { CoordinateEntry, DatacenterCoordinates, RaftConfiguration, UserEvent } from './types.ts';

export interface StatusApi {
  /** `address:port` of the leader, '' while there is none. */
  leader(options?: QueryOptions): Promise<string>;
  peers(options?: QueryOptions): Promise<string[]>;
}

export const statusApi = (http: ConsulHttp): StatusApi => ({
  leader: async (options) => (await http.get<string>('/v1/status/leader', options)).value,
  peers: async (options) => (await http.get<string[]>('/v1/status/peers', options)).value,
});

export interface OperatorApi {
  raftConfiguration(options?: QueryOptions): Promise<RaftConfiguration>;
  raftRemovePeer(peer: { id: string } | { address: string }, options?: WriteOptions): Promise<void>;
  /** Ours: makes another server the leader; without an id the one that is most up to date. */
  raftTransferLeader(id?: string, options?: WriteOptions): Promise<void>;
  autopilotConfiguration(options?: QueryOptions): Promise<AutopilotConfiguration>;
  /** False when it changed since the `ModifyIndex` in it. */
  autopilotSetConfiguration(config: AutopilotConfiguration, options?: WriteOptions): Promise<boolean>;
  autopilotHealth(options?: QueryOptions): Promise<AutopilotHealth>;
  autopilotState(options?: QueryOptions): Promise<AutopilotState>;
  keyringList(options?: KeyringOptions): Promise<KeyringEntry[]>;
  keyringInstall(key: string, options?: KeyringOptions): Promise<void>;
  keyringUse(key: string, options?: KeyringOptions): Promise<void>;
  keyringRemove(key: string, options?: KeyringOptions): Promise<void>;
}

export interface KeyringOptions extends WriteOptions {
  readonly relayFactor?: number | undefined;
  /** Without the pool of all datacenters; for lists. */
  readonly localOnly?: boolean | undefined;
}

/** The status with which health is told when a server is not healthy. */
const unhealthyStatus = 429;

export function operatorApi(http: ConsulHttp): OperatorApi {
  const keys = async (method: Method, key: string | null, options: KeyringOptions = {}): Promise<RawAnswer> => {
    const { relayFactor = 0, localOnly = false, ...rest } = options;
    const query = {
      ...(relayFactor > 0 && { 'relay-factor': String(relayFactor) }),
      ...(localOnly && { 'local-only': 'true' }),
    };
    const body = key === null ? {} : { body: { Key: key } };
    return http.ask({ method, path: '/v1/operator/keyring', query, options: rest, ...body });
  };
  const change = async (method: Method, key: string, options?: KeyringOptions): Promise<void> => {
    await keys(method, key, options);
  };
  return {
    raftConfiguration: async (options) =>
      (await http.get<RaftConfiguration>('/v1/operator/raft/configuration', options)).value,
    async raftRemovePeer(peer, options) {
      await http.ask({ method: 'DELETE', path: '/v1/operator/raft/peer', query: { ...peer }, options });
    },
    async raftTransferLeader(id, options) {
      const query = id === undefined ? {} : { id };
      await http.ask({ method: 'POST', path: '/v1/operator/raft/transfer-leader', query, options });
    },
    autopilotConfiguration: async (options) =>
      (await http.get<AutopilotConfiguration>('/v1/operator/autopilot/configuration', options)).value,
    autopilotSetConfiguration: (config, options) =>
      http.put('/v1/operator/autopilot/configuration', config, options, { cas: String(config.ModifyIndex) }),
    async autopilotHealth(options) {
      const ask = { method: 'GET', path: '/v1/operator/autopilot/health', options, accept: [unhealthyStatus] } as const;
      return parseJson((await http.ask(ask)).body) as AutopilotHealth;
    },
    autopilotState: async (options) => (await http.get<AutopilotState>('/v1/operator/autopilot/state', options)).value,
    keyringList: async (options) => parseJson((await keys('GET', null, options)).body) as KeyringEntry[],
    keyringInstall: (key, options) => change('POST', key, options),
    keyringUse: (key, options) => change('PUT', key, options),
    keyringRemove: (key, options) => change('DELETE', key, options),
  };
}

export interface SnapshotApi {
  /** A gzipped archive as it arrives. */
  save(options?: QueryOptions): Promise<HttpStream>;
  restore(archive: AsyncIterable<Uint8Array> | Uint8Array, options?: WriteOptions): Promise<void>;
}

export const snapshotApi = (http: ConsulHttp): SnapshotApi => ({
  save: (options) => http.stream({ method: 'GET', path: '/v1/snapshot', options }),
  async restore(archive, options) {
    await http.ask({ method: 'PUT', path: '/v1/snapshot', body: archive, options });
  },
});

/** Regular expressions on node, service and tag names: whom an event is for. */
export interface EventFilters {
  readonly node?: string;
  readonly service?: string;
  readonly tag?: string;
}

export interface EventApi {
  fire(name: string, payload?: string | Uint8Array, options?: WriteOptions & EventFilters): Promise<UserEvent>;
  list(options?: QueryOptions & { name?: string }): Promise<Answer<UserEvent[]>>;
}

export const eventApi = (http: ConsulHttp): EventApi => ({
  fire: (name, payload, { node, service, tag, ...options } = {}) =>
    http.put(`/v1/event/fire/${escapePath(name)}`, payload, options, {
      ...(node && { node }),
      ...(service && { service }),
      ...(tag && { tag }),
    }),
  list: ({ name, ...options } = {}) => http.get('/v1/event/list', options, name === undefined ? {} : { name }),
});

export interface CoordinateApi {
  nodes(options?: QueryOptions): Promise<Answer<CoordinateEntry[]>>;
  datacenters(): Promise<DatacenterCoordinates[]>;
}

export const coordinateApi = (http: ConsulHttp): CoordinateApi => ({
  nodes: (options) => http.get('/v1/coordinate/nodes', options),
  datacenters: async () => (await http.get<DatacenterCoordinates[]>('/v1/coordinate/datacenters')).value,
});
