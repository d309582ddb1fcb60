/** Watches of the agent's configuration: what is watched, and what is done with it. */

import type { ConsulHttp } from '../client/http.ts';
import { parseDurationMs } from '../lib/duration.ts';
import { planWatch, type WatchParameters, WatchPlanError, type WatchQuery } from './plan.ts';

export type WatchHandler =
  | { readonly kind: 'script'; readonly words: readonly string[]; readonly shell: boolean }
  | {
      readonly kind: 'http';
      readonly path: string;
      readonly method: string;
      readonly timeoutMs: number;
      readonly headers: Readonly<Record<string, readonly string[]>>;
      readonly skipVerify: boolean;
    };

export interface WatchDefinition {
  readonly type: string;
  readonly plan: (http: ConsulHttp) => WatchQuery;
  readonly handler: WatchHandler;
  readonly datacenter: string;
  readonly token: string;
  readonly stale: boolean;
}

type Given = Readonly<Record<string, unknown>>;

const handlerKeys = ['handler', 'handler_type', 'http_handler_config', 'args'];
const commonKeys = ['type', 'datacenter', 'token', 'stale'];
const defaultTimeoutMs = 10_000;

/** Throws WatchPlanError: `Failed to parse watch (...): why`. */
export function parseWatch(given: Given): WatchDefinition {
  try {
    return definitionOf(given);
  } catch (error) {
    if (!(error instanceof WatchPlanError)) throw error;
    const { token: _, ...shown } = given;
    throw new WatchPlanError(`Failed to parse watch (${JSON.stringify(shown)}): ${error.message}`);
  }
}

function definitionOf(given: Given): WatchDefinition {
  const type = text(given, 'type');
  if (type === '') throw new WatchPlanError('Watch type must be specified');
  const { key, prefix, service, passingonly, state, name, service_id } = texts(given);
  const parameters: WatchParameters = { key, prefix, service, passingonly, state, name, service_id, tag: tags(given) };
  const plan = planWatch(type, parameters, 'agent');
  const known = [...commonKeys, ...handlerKeys, ...Object.keys(parameters)];
  const strange = Object.keys(given).filter((one) => !known.includes(one));
  if (strange.length > 0) throw new WatchPlanError(`Invalid parameters: [${strange.sort().join(' ')}]`);
  return {
    type,
    plan,
    handler: handlerOf(given),
    datacenter: text(given, 'datacenter'),
    token: text(given, 'token'),
    stale: given['stale'] === true,
  };
}

function handlerOf(given: Given): WatchHandler {
  const kind = text(given, 'handler_type') || 'script';
  const args = given['args'];
  const line = text(given, 'handler');
  if (kind === 'http') return httpHandlerOf(given['http_handler_config']);
  if (kind !== 'script') throw new WatchPlanError(`Watch handler type '${kind}' not recognized`);
  if (args !== undefined && line !== '') throw new WatchPlanError('Only one of handler and args may be specified');
  if (line !== '') return { kind: 'script', words: [line], shell: true };
  if (!isTexts(args) || args.length === 0) throw new WatchPlanError('Watch handler or args must be specified');
  return { kind: 'script', words: args, shell: false };
}

function httpHandlerOf(config: unknown): WatchHandler {
  // A block of HCL is a list of one.
  const given = (Array.isArray(config) ? config[0] : config) as Given | undefined;
  if (typeof given !== 'object' || given === null) throw new WatchPlanError("Missing 'http_handler_config'");
  const path = text(given, 'path');
  if (path === '') throw new WatchPlanError("Requires 'path' to be set in 'http_handler_config'");
  if (!URL.canParse(path) || !/^https?:$/.test(new URL(path).protocol)) {
    throw new WatchPlanError(`'path' in 'http_handler_config' is no URL: ${path}`);
  }
  let timeoutMs = defaultTimeoutMs;
  const timeout = text(given, 'timeout');
  if (timeout !== '') {
    try {
      timeoutMs = parseDurationMs(timeout);
    } catch {
      throw new WatchPlanError(`Failed to parse 'timeout' in 'http_handler_config': ${timeout}`);
    }
  }
  const header = (Array.isArray(given['header']) ? given['header'][0] : given['header']) ?? {};
  const headers = Object.entries(header as Given).map(([name, value]) => {
    const values = typeof value === 'string' ? [value] : value;
    if (!isTexts(values)) throw new WatchPlanError(`'header' in 'http_handler_config' is wrong at ${name}`);
    return [name, values] as const;
  });
  return {
    kind: 'http',
    path,
    method: text(given, 'method') || 'POST',
    timeoutMs,
    headers: Object.fromEntries(headers),
    skipVerify: given['tls_skip_verify'] === true,
  };
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

function text(given: Given, name: string): string {
  const value = given[name] ?? '';
  if (typeof value !== 'string') throw new WatchPlanError(`Expecting ${name} to be a string`);
  return value;
}

const textNames = ['key', 'prefix', 'service', 'state', 'name', 'service_id'] as const;

function texts(given: Given): Record<(typeof textNames)[number] | 'passingonly', string> {
  const all = Object.fromEntries(textNames.map((name) => [name, text(given, name)]));
  const passing = given['passingonly'];
  const passingonly = typeof passing === 'boolean' ? String(passing) : text(given, 'passingonly');
  return { ...all, passingonly } as Record<(typeof textNames)[number] | 'passingonly', string>;
}

function tags(given: Given): readonly string[] {
  const value = given['tag'] ?? [];
  const all = typeof value === 'string' ? [value] : value;
  if (!isTexts(all)) throw new WatchPlanError('Expecting tag to be a string or []string');
  return all.filter((tag) => tag !== '');
}
