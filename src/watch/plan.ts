/** The types of `watch`: the parameters each takes, what it asks, in which shape the answer is handed on. */
import { catalogApi, healthApi } from '../client/catalog.ts';
import type { Answer, ConsulHttp, QueryOptions } from '../client/http.ts';
import { kvApi } from '../client/kv.ts';
import { eventApi } from '../client/operator.ts';
import { goQuote } from '../lib/go-format.ts';
import { parseBool } from '../lib/go-number.ts';
import { escapePath } from '../lib/go-url.ts';
import * as shapes from './shapes.ts';

/** Parameters that do not make a watch; the text is Consul's. */
export class WatchPlanError extends Error {
  override readonly name = 'WatchPlanError';
}

/** As given; '' and [] are not given. */
export interface WatchParameters {
  readonly key: string;
  readonly prefix: string;
  readonly service: string;
  readonly tag: readonly string[];
  readonly passingonly: string;
  readonly state: string;
  readonly name: string;
  readonly service_id: string;
}

export type WatchQuery = (options: QueryOptions) => Promise<Answer<unknown>>;
type Parameter = keyof WatchParameters;

interface WatchType {
  readonly takes: readonly Parameter[];
  /** Throws a WatchPlanError about its parameters. */
  check?(parameters: WatchParameters): void;
  query(http: ConsulHttp, parameters: WatchParameters, options: QueryOptions): Promise<Answer<unknown>>;
  readonly shape: (value: unknown) => unknown;
}

const asItIs = (value: unknown): unknown => value;

const need = (value: string, what: string): void => {
  if (value === '') throw new WatchPlanError(`Must specify a single ${what} to watch`);
};

function passing({ passingonly }: WatchParameters): boolean {
  if (passingonly === '') return false;
  const value = parseBool(passingonly);
  if (value === undefined) {
    const why = `strconv.ParseBool: parsing ${goQuote(passingonly)}: invalid syntax`;
    throw new WatchPlanError(`Failed to parse passingonly flag: ${why}`);
  }
  return value;
}

const types: Readonly<Record<string, WatchType>> = {
  key: {
    takes: ['key'],
    check: ({ key }) => need(key, 'key'),
    query: (http, { key }, options) => kvApi(http).get(key, options),
    shape: shapes.kvPair,
  },
  keyprefix: {
    takes: ['prefix'],
    check: ({ prefix }) => need(prefix, 'prefix'),
    query: (http, { prefix }, options) => kvApi(http).list(prefix, options),
    shape: shapes.kvPairs,
  },
  services: { takes: [], query: (http, _, options) => catalogApi(http).services(options), shape: shapes.services },
  nodes: { takes: [], query: (http, _, options) => catalogApi(http).nodes(options), shape: shapes.nodes },
  service: {
    takes: ['service', 'tag', 'passingonly'],
    check(parameters) {
      need(parameters.service, 'service');
      passing(parameters);
    },
    query: (http, parameters, options) =>
      healthApi(http).service(parameters.service, { ...options, passing: passing(parameters), tags: parameters.tag }),
    shape: shapes.serviceEntries,
  },
  checks: {
    takes: ['service', 'state'],
    check({ service, state }) {
      if (service !== '' && state !== '') throw new WatchPlanError('Cannot specify service and state');
    },
    query: (http, { service, state }, options) =>
      service === '' ? healthApi(http).state(state || 'any', options) : healthApi(http).checks(service, options),
    shape: shapes.checks,
  },
  event: {
    takes: ['name'],
    query: (http, { name }, options) => eventApi(http).list({ ...options, ...(name !== '' && { name }) }),
    shape: shapes.events,
  },
};

/** Types that only the agent's own `watches` know. */
const agentTypes: Readonly<Record<string, WatchType>> = {
  connect_roots: {
    takes: [],
    query: (http, _, options) => http.get('/v1/agent/connect/ca/roots', options),
    shape: asItIs,
  },
  connect_leaf: {
    takes: ['service'],
    check: ({ service }) => need(service, 'service'),
    query: (http, { service }, options) => http.get(`/v1/agent/connect/ca/leaf/${escapePath(service)}`, options),
    shape: asItIs,
  },
  agent_service: {
    takes: ['service_id'],
    check: ({ service_id }) => need(service_id, 'service_id'),
    query: (http, { service_id }, options) => http.get(`/v1/agent/service/${escapePath(service_id)}`, options),
    shape: asItIs,
  },
};

export const watchTypes: readonly string[] = Object.keys(types);

/** Throws WatchPlanError in the words of Consul's watch plans. */
export function planWatch(
  type: string,
  parameters: WatchParameters,
  asker: 'command' | 'agent' = 'command',
): (http: ConsulHttp) => WatchQuery {
  const known = { ...types, ...agentTypes };
  const plan = Object.hasOwn(known, type) ? known[type] : undefined;
  if (plan === undefined) throw new WatchPlanError(`Unsupported watch type: ${type}`);
  if (asker === 'agent' || Object.hasOwn(types, type)) plan.check?.(parameters);
  const given = (Object.keys(parameters) as Parameter[]).filter((name) => parameters[name].length > 0);
  const strange = given.filter((name) => !plan.takes.includes(name)).sort();
  if (strange.length > 0) throw new WatchPlanError(`Invalid parameters: [${strange.join(' ')}]`);
  if (asker === 'command' && !Object.hasOwn(types, type)) {
    throw new WatchPlanError(`Type ${type} is not supported in the CLI tool`);
  }
  return (http) => async (options) => {
    const { value, meta } = await plan.query(http, parameters, options);
    return { value: plan.shape(value), meta };
  };
}
