/** Settings of a proxy (`proxy.config`, or those of all proxies) that change the document with which its Envoy starts. */
import { messageOf } from '../../lib/message-of.ts';
import { CliError } from '../command.ts';
import type { BootstrapExtras } from './envoy-bootstrap.ts';

type Settings = Readonly<Record<string, unknown>>;

/** They would need listeners and clusters of their own. */
const notYet = [
  'envoy_bootstrap_json_tpl',
  'envoy_dogstatsd_url',
  'envoy_prometheus_bind_addr',
  'envoy_stats_bind_addr',
  'envoy_stats_tags',
  'envoy_statsd_url',
];

/** @throws CliError for what is no JSON, and for settings that are not supported yet */
export function bootstrapExtras(settings: Settings): BootstrapExtras {
  const ignored = notYet.filter((name) => settings[name] !== undefined);
  if (ignored.length > 0) throw new CliError(`not supported yet in the settings of a proxy: ${ignored.join(', ')}`);
  const { tracing } = (object(settings, 'envoy_tracing_json') ?? {}) as { tracing?: object };
  return {
    clusters: list(settings, 'envoy_extra_static_clusters_json'),
    listeners: list(settings, 'envoy_extra_static_listeners_json'),
    sinks: list(settings, 'envoy_extra_stats_sinks_json'),
    statsConfig: object(settings, 'envoy_stats_config_json'),
    statsFlushInterval: String(settings['envoy_stats_flush_interval'] ?? ''),
    tracing: tracing ?? object(settings, 'envoy_tracing_json'),
  };
}

const written = (settings: Settings, name: string): string => String(settings[name] ?? '').trim();

/** Elements with commas between them, without the brackets. */
const list = (settings: Settings, name: string): readonly unknown[] =>
  parse(name, `[${written(settings, name).replace(/,$/, '')}]`) as readonly unknown[];

function object(settings: Settings, name: string): object | null {
  const text = written(settings, name);
  return text === '' ? null : (parse(name, text) as object);
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`${name} in the settings of the proxy is no JSON: ${messageOf(error)}`);
  }
}
