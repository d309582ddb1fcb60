/** The types of `watch`: the parameters each takes, what it asks, in which shape the answer is handed on. */
import { catalogApi, healthApi } from '../client/catalog.ts';
import type { Answer, ConsulHttp, QueryOptions } from '../client/http.ts';
import { kvApi } from '../client/kv.ts';
import { eventApi } from '../client/operator.ts';
import { goQuote } from '../lib/go-format.ts';
import { parseBool } from '../lib/go-number.ts';
import { CliError } from './command.ts';
import * as shapes from './watch-shapes.ts';

/** As given by flags; '' and [] are not given. */
export interface WatchParameters {
  readonly key: string;
  readonly prefix: string;
  readonly service: string;
  readonly tag: readonly string[];
  readonly passingonly: string;
  readonly state: string;
  readonly name: string;
}

export type WatchQuery = (options: QueryOptions) => Promise<Answer<unknown>>;
type Parameter = keyof WatchParameters;

interface WatchType {
  readonly takes: readonly Parameter[];
  /** Throws a `CliError` about its parameters. */
  check?(parameters: WatchParameters): void;
  query(http: ConsulHttp, parameters: WatchParameters, options: QueryOptions): Promise<Answer<unknown>>;
  readonly shape: (value: unknown) => unknown;
}

const need = (value: string, what: string): void => {
  if (value === '') throw new CliError(`Must specify a single ${what} to watch`);
};

function passing({ passingonly }: WatchParameters): boolean {
  if (passingonly === '') return false;
  const value = parseBool(passingonly);
  if (value === undefined) {
    const why = `strconv.ParseBool: parsing ${goQuote(passingonly)}: invalid syntax`;
    throw new CliError(`Failed to parse passingonly flag: ${why}`);
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
      if (service !== '' && state !== '') throw new CliError('Cannot specify service and state');
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

/** Types that only the agent's own `watches` know, with the parameters they take. */
const agentOnly: Readonly<Record<string, readonly Parameter[]>> = {
  connect_roots: [],
  connect_leaf: ['service'],
  agent_service: [],
};

export const watchTypes: readonly string[] = Object.keys(types);

/** Throws a `CliError` in the words of Consul's watch plans. */
export function planWatch(type: string, parameters: WatchParameters): (http: ConsulHttp) => WatchQuery {
  const plan = Object.hasOwn(types, type) ? types[type] : undefined;
  const takes = plan?.takes ?? (Object.hasOwn(agentOnly, type) ? agentOnly[type] : undefined);
  if (takes === undefined) throw new CliError(`Unsupported watch type: ${type}`);
  plan?.check?.(parameters);
  const given = (Object.keys(parameters) as Parameter[]).filter((name) => parameters[name].length > 0);
  const strange = given.filter((name) => !takes.includes(name)).sort();
  if (strange.length > 0) throw new CliError(`Invalid parameters: [${strange.join(' ')}]`);
  if (plan === undefined) throw new CliError(`Type ${type} is not supported in the CLI tool`);
  return (http) => async (options) => {
    const { value, meta } = await plan.query(http, parameters, options);
    return { value: plan.shape(value), meta };
  };
}
