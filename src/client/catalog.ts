/** Nodes, services and their health. */
import { escapePath } from '../lib/go-url.ts';
import type { Answer, ConsulHttp, QueryOptions } from './http.ts';
import type { CatalogNode, CatalogNodeServices, CatalogService, HealthCheck, ServiceEntry } from './types.ts';

export interface CatalogApi {
  /** Nearest first. */
  datacenters(options?: QueryOptions): Promise<Answer<string[]>>;
  nodes(options?: QueryOptions): Promise<Answer<CatalogNode[]>>;
  /** Service name -> tags. */
  services(options?: QueryOptions): Promise<Answer<Record<string, string[]>>>;
  service(name: string, options?: QueryOptions): Promise<Answer<CatalogService[]>>;
  /** null: no such node. */
  node(name: string, options?: QueryOptions): Promise<Answer<CatalogNodeServices | null>>;
}

export function catalogApi(http: ConsulHttp): CatalogApi {
  return {
    datacenters: (options) => http.get('/v1/catalog/datacenters', options),
    nodes: (options) => http.get('/v1/catalog/nodes', options),
    services: (options) => http.get('/v1/catalog/services', options),
    service: (name, options) => http.get(`/v1/catalog/service/${escapePath(name)}`, options),
    node: (name, options) => http.get(`/v1/catalog/node/${escapePath(name)}`, options),
  };
}

export type CheckState = 'any' | 'passing' | 'warning' | 'critical';

export interface HealthApi {
  node(name: string, options?: QueryOptions): Promise<Answer<HealthCheck[]>>;
  checks(service: string, options?: QueryOptions): Promise<Answer<HealthCheck[]>>;
  service(
    name: string,
    options?: QueryOptions & { passing?: boolean; tags?: readonly string[] },
  ): Promise<Answer<ServiceEntry[]>>;
  state(state: CheckState | (string & {}), options?: QueryOptions): Promise<Answer<HealthCheck[]>>;
}

export function healthApi(http: ConsulHttp): HealthApi {
  return {
    node: (name, options) => http.get(`/v1/health/node/${escapePath(name)}`, options),
    checks: (service, options) => http.get(`/v1/health/checks/${escapePath(service)}`, options),
    service: (name, { passing, tags, ...options } = {}) =>
      http.get(`/v1/health/service/${escapePath(name)}`, options, {
        ...(passing && { passing: '1' }),
        ...(tags && { tag: tags }),
      }),
    state: (state, options) => http.get(`/v1/health/state/${escapePath(state)}`, options),
  };
}
