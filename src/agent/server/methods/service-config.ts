/** What all config entries together say to the proxies of one service. */
import type {
  ProxyConfigEntry,
  ServiceConfigEntry,
  ServiceConfigRequest,
  UpstreamConfig,
} from '../../../structs/config-entry.ts';
import { ServiceConfigResponse } from '../../../structs/config-entry.ts';
import { dictOf } from '../../../structs/dict.ts';
import { make } from '../../../structs/make.ts';
import { readConfigEntry } from '../../state/config-entry.ts';
import type { ReadIndex, State } from '../../state/store.ts';
import type { WatchSet } from '../../state/watches.ts';

type Settings = Record<string, unknown>;

export function resolveServiceConfig(
  state: State,
  watch: WatchSet,
  args: Partial<ServiceConfigRequest>,
): { readonly index: ReadIndex; readonly reply: ServiceConfigResponse } {
  const get = (kind: string, name: string): unknown => readConfigEntry(state, watch, kind, name).entry;
  const common = get('proxy-defaults', 'global') as ProxyConfigEntry | null;
  const { index, entry } = readConfigEntry(state, watch, 'service-defaults', args.Name ?? '');
  const own = entry as unknown as ServiceConfigEntry | null;
  const reply = make(ServiceConfigResponse);
  for (const source of [common, own]) {
    if (source === null) continue;
    if (source.Mode !== '') reply.Mode = source.Mode;
    if (source.MeshGateway.Mode !== '') reply.MeshGateway = source.MeshGateway;
    if (source.Expose.Checks || (source.Expose.Paths ?? []).length > 0) reply.Expose = source.Expose;
    const { OutboundListenerPort, DialedDirectly } = source.TransparentProxy;
    reply.TransparentProxy = {
      OutboundListenerPort: OutboundListenerPort || reply.TransparentProxy.OutboundListenerPort,
      DialedDirectly: DialedDirectly || reply.TransparentProxy.DialedDirectly,
    };
  }
  const config: Settings = { ...common?.Config };
  if (own !== null && own.Protocol !== '') config['protocol'] = own.Protocol;
  reply.ProxyConfig = Object.keys(config).length === 0 ? null : config;
  const upstreams = upstreamsOf(args, own).map((name): [string, Settings] => {
    const defaults = get('service-defaults', name) as ServiceConfigEntry | null;
    return [name, upstreamSettings(name, common, own, defaults, args)];
  });
  const known = upstreams.filter(([, settings]) => Object.keys(settings).length > 0);
  if ((args.UpstreamIDs ?? []).length > 0) {
    reply.UpstreamIDConfigs = known.map(([ID, Config]) => ({ Upstream: { ID }, Config }));
  } else if (known.length > 0) reply.UpstreamConfigs = dictOf(known);
  return { index, reply };
}

function upstreamsOf(args: Partial<ServiceConfigRequest>, own: ServiceConfigEntry | null): string[] {
  const asked = [...(args.Upstreams ?? []), ...(args.UpstreamIDs ?? []).map(({ ID }) => ID)];
  const overrides = (own?.UpstreamConfig?.Overrides ?? []).map(({ Name }) => Name);
  return [...new Set([...asked, ...overrides])];
}

/** From the most general to the most special; what is said later counts. */
function upstreamSettings(
  name: string,
  common: ProxyConfigEntry | null,
  own: ServiceConfigEntry | null,
  upstream: ServiceConfigEntry | null,
  args: Partial<ServiceConfigRequest>,
): Settings {
  const settings: Settings = {};
  const protocol = upstream?.Protocol || common?.Config?.['protocol'];
  if (protocol) settings['protocol'] = protocol;
  const gateway = args.MeshGateway?.Mode || own?.MeshGateway.Mode || common?.MeshGateway.Mode;
  if (gateway) settings['mesh_gateway'] = { Mode: gateway };
  const override = (own?.UpstreamConfig?.Overrides ?? []).find(({ Name }) => Name === name);
  for (const config of [own?.UpstreamConfig?.Defaults, override]) {
    if (config != null) Object.assign(settings, settingsOf(config));
  }
  return settings;
}

function settingsOf(config: UpstreamConfig): Settings {
  const settings: Settings = {};
  if (config.EnvoyListenerJSON !== '') settings['envoy_listener_json'] = config.EnvoyListenerJSON;
  if (config.EnvoyClusterJSON !== '') settings['envoy_cluster_json'] = config.EnvoyClusterJSON;
  if (config.Protocol !== '') settings['protocol'] = config.Protocol;
  if (config.ConnectTimeoutMs !== 0) settings['connect_timeout_ms'] = config.ConnectTimeoutMs;
  if (config.MeshGateway.Mode !== '') settings['mesh_gateway'] = config.MeshGateway;
  if (config.Limits !== null) settings['limits'] = config.Limits;
  if (config.PassiveHealthCheck !== null) settings['passive_health_check'] = config.PassiveHealthCheck;
  return settings;
}
