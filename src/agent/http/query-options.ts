/** The parameters that all reads share: index, wait, consistency, caching, datacenter, token, namespace. */
import { DurationError, parseDuration } from '../../lib/duration.ts';
import { NumberError, parseUint } from '../../lib/go-number.ts';
import type { QuerySource } from '../../structs/common.ts';
import { BadRequest } from '../errors.ts';
import type { Api } from './api.ts';
import type { ApiRequest } from './api-request.ts';

export interface ReadOptions {
  Datacenter: string;
  Token: string;
  MinQueryIndex?: number;
  MaxQueryTime?: number;
  AllowStale?: boolean;
  RequireConsistent?: boolean;
  UseCache?: boolean;
  MaxStaleDuration?: number;
  MaxAge?: number;
  MustRevalidate?: boolean;
  StaleIfError?: number;
  Filter?: string;
}

export interface WriteOptions {
  Datacenter: string;
  Token: string;
}

/** `dc` and the token: all that a write takes. */
export const writeOptions = (request: ApiRequest, api: Api): WriteOptions => ({
  Datacenter: request.query.get('dc') || api.config.datacenter,
  Token: request.token || api.tokens.user,
});

/** Throws BadRequest with Consul's text for a parameter that is wrong. */
export function readOptions(request: ApiRequest, api: Api): ReadOptions {
  const { query } = request;
  const options: ReadOptions = writeOptions(request, api);
  if (query.has('index')) {
    options.MinQueryIndex = Number(parse(query.get('index'), parseUint, 'Invalid index'));
  }
  if (query.has('wait')) {
    const waitNs = parse(query.get('wait'), parseDuration, 'Invalid wait time');
    if (waitNs > 0) options.MaxQueryTime = waitNs;
  }
  consistency(request, api, options);
  cacheControl(request.raw.headers['cache-control'], options);
  const filter = query.get('filter');
  if (filter !== '') options.Filter = filter;
  return options;
}

function consistency(request: ApiRequest, api: Api, options: ReadOptions): void {
  const { query } = request;
  const consistent = query.has('consistent');
  const leader = query.has('leader');
  const cached = query.has('cached') && api.config.http.useCache;
  let stale = query.has('stale');
  const maxStale = query.get('max_stale');
  if (maxStale !== '') {
    options.MaxStaleDuration = parse(maxStale, parseDuration, `Invalid max_stale value ${JSON.stringify(maxStale)}`);
    stale = true;
  }
  if (stale && consistent) throw new BadRequest('Cannot specify ?stale with ?consistent, conflicting semantics.');
  if (cached && consistent) throw new BadRequest('Cannot specify ?cached with ?consistent, conflicting semantics.');
  const staleByDefault = api.config.discoveryMaxStaleMs > 0 && /^\/v1\/(catalog|health)\//.test(request.path);
  if (staleByDefault && !stale && !consistent && !leader) {
    options.MaxStaleDuration = api.config.discoveryMaxStaleMs * 1e6;
    stale = true;
  }
  if (stale) options.AllowStale = true;
  if (consistent) options.RequireConsistent = true;
  if (cached) options.UseCache = true;
}

function cacheControl(header: string | undefined, options: ReadOptions): void {
  if (header === undefined || header === '') return;
  const seconds = (text: string): number => Number(parse(text, parseUint, 'Invalid Cache-Control header.')) * 1e9;
  for (const part of header.toLowerCase().split(',')) {
    const [name, value = ''] = part.trim().split('=', 2) as [string, string?];
    if (name === 'must-revalidate') options.MustRevalidate = true;
    else if (name === 'max-age') options.MaxAge = seconds(value);
    else if (name === 'stale-if-error') options.StaleIfError = seconds(value);
  }
}

function parse<T>(text: string, parser: (text: string) => T, refusal: string): T {
  try {
    return parser(text);
  } catch (error) {
    if (error instanceof NumberError || error instanceof DurationError) throw new BadRequest(refusal);
    throw error;
  }
}

/** What answers say of how fresh they are, where the endpoint says it at all. */
export const consistencyLevel = (options: ReadOptions): string =>
  options.RequireConsistent === true ? 'consistent' : options.AllowStale === true ? 'stale' : 'leader';

/** `?near=`: the node to sort by; `_agent` is this one. */
export function querySource(request: ApiRequest, api: Api): QuerySource {
  const near = request.query.get('near');
  const Node = near === '_agent' ? api.config.nodeName : near;
  return { Datacenter: api.config.datacenter, Segment: '', Node, Ip: '' };
}

/** `?node-meta=key:value`, repeatable; null when there is none. */
export function nodeMetaFilters(request: ApiRequest): Record<string, string> | null {
  if (!request.query.has('node-meta')) return null;
  const filters: Record<string, string> = Object.create(null);
  for (const pair of request.query.all('node-meta')) {
    const colon = pair.indexOf(':');
    filters[colon < 0 ? pair : pair.slice(0, colon)] = colon < 0 ? '' : pair.slice(colon + 1);
  }
  return filters;
}

/** Refuses the parameters of namespaces, which this edition has not. */
export function refuseNamespace(request: ApiRequest): void {
  const feature = 'Namespaces are a Consul Enterprise feature';
  if (request.query.get('ns') !== '') throw new BadRequest(`Bad request: Invalid query parameter: "ns" - ${feature}`);
  if (request.raw.headers['x-consul-namespace'] !== undefined)
    throw new BadRequest(`Bad request: Invalid header: "X-Consul-Namespace" - ${feature}`);
}

/** What catalog and health ask of a service alike: its name in the path, `?tag=`, repeatable, `?near=` and `?node-meta=`. */
export function serviceQuestion(request: ApiRequest, api: Api) {
  const options = readOptions(request, api);
  if (request.rest === '') throw new BadRequest('Missing service name');
  const hasTags = request.query.has('tag');
  return {
    ...options,
    ServiceName: request.rest,
    ServiceTags: hasTags ? request.query.all('tag') : null,
    TagFilter: hasTags,
    Source: querySource(request, api),
    NodeMetaFilters: nodeMetaFilters(request),
  };
}
