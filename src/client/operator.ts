/** The cluster itself: leader, raft peers, snapshots, events, coordinates. */
import { escapePath } from './go-escape.ts';
import type { Answer, ConsulHttp, QueryOptions, WriteOptions } from './http.ts';
import type { HttpStream } from './transport.ts';
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
}

export const operatorApi = (http: ConsulHttp): OperatorApi => ({
  raftConfiguration: async (options) =>
    (await http.get<RaftConfiguration>('/v1/operator/raft/configuration', options)).value,
  async raftRemovePeer(peer, options) {
    await http.ask({ method: 'DELETE', path: '/v1/operator/raft/peer', query: { ...peer }, options });
  },
});

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

export interface EventApi {
  fire(name: string, payload?: string | Uint8Array, options?: WriteOptions): Promise<UserEvent>;
  list(options?: QueryOptions & { name?: string }): Promise<Answer<UserEvent[]>>;
}

export const eventApi = (http: ConsulHttp): EventApi => ({
  fire: (name, payload, options) => http.put(`/v1/event/fire/${escapePath(name)}`, payload, options),
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
