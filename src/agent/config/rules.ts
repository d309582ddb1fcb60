/** Rules across several settings, in the order in which they are checked; the first one that is broken is the error. */
import { goQuote } from '../../lib/go-format.ts';
import { parseCidr } from '../../lib/sockaddr/ip.ts';
import { systemText } from '../../lib/system-text.ts';
import { entrySchema } from '../../structs/config-entry.ts';
import { type ResolvedAddresses, withPort } from './addresses.ts';
import { base64Fault } from './base64.ts';
import type { Config } from './config.ts';
import { ConfigError, errorList } from './go-errors.ts';
import type { Files } from './host.ts';
import { nodeMetaProblem } from './node-meta.ts';
import type { Settings } from './schema.ts';

const fail = (text: string): never => {
  throw new ConfigError(text);
};

/** What is looked at before anything else. Throws ConfigError. */
export function checkIdentity(settings: Settings, datacenter: string, dev: boolean): void {
  if (!/^[a-z0-9_-]+$/.test(datacenter)) {
    fail(`datacenter can only contain lowercase alphanumeric, - or _ characters. received: ${goQuote(datacenter)}`);
  }
  if (settings.data_dir === '' && !dev) fail('data_dir cannot be empty');
}

export interface Subject {
  readonly settings: Settings;
  readonly addresses: ResolvedAddresses;
  readonly config: Config;
  readonly files: Files;
}

/** Throws ConfigError. */
export function checkRules(subject: Subject): void {
  for (const rule of rules) rule(subject);
}

const rules: readonly ((subject: Subject) => void)[] = [
  node,
  portRanges,
  dns,
  ui,
  bootstrap,
  raft,
  gossip,
  segments,
  connect,
  autoEncrypt,
  checks,
  cache,
  configEntries,
  listeners,
];

function node({ settings, config, files }: Subject): void {
  if (config.nodeName === '') fail('node_name cannot be empty');
  const problem = nodeMetaProblem(settings.node_meta);
  if (problem !== undefined) fail(`node_meta invalid: ${problem}`);
  if (settings.data_dir === '') return;
  let kind: 'file' | 'directory' | undefined;
  try {
    kind = files.kindOf(settings.data_dir);
  } catch (error) {
    // The directory is made when the agent starts.
    if ((error as { code?: string }).code !== 'ENOENT') {
      fail(`Error getting info on data_dir: stat ${settings.data_dir}: ${systemText(error)}`);
    }
  }
  if (kind === 'file') fail(`data_dir ${goQuote(settings.data_dir)} is not a directory`);
}

function portRanges({ settings: { ports } }: Subject): void {
  for (const name of ['proxy', 'sidecar', 'expose'] as const) {
    if (ports[`${name}_min_port`] > ports[`${name}_max_port`]) {
      fail(`${name}_min_port must be less than ${name}_max_port. To disable, set both to zero.`);
    }
  }
}

function dns({ settings, config }: Subject): void {
  const limits = {
    udp_answer_limit: settings.dns_config.udp_answer_limit,
    a_record_limit: settings.dns_config.a_record_limit,
  };
  for (const [name, limit] of Object.entries(limits)) {
    if (limit < 0) fail(`dns_config.${name} cannot be ${limit}. Must be greater than or equal to zero`);
  }
  const reserved = ['service', 'connect', 'node', 'query', 'addr', config.datacenter];
  if (reserved.includes(settings.alt_domain.split('.')[0]!)) {
    fail(`alt_domain cannot start with {${reserved.join(',')}}`);
  }
}

function ui({ settings: { ui_config }, config }: Subject): void {
  if (ui_config.enabled && ui_config.dir !== '' && !config.devMode) {
    fail(
      'Both the ui_config.enabled and ui_config.dir (or -ui and -ui-dir) were specified, please provide only one.\n' +
        'If trying to use your own web UI resources, use ui_config.dir or the -ui-dir flag.\n' +
        'The web UI is included in the binary so use ui_config.enabled or the -ui flag to enable it',
    );
  }
  const path = config.ui.contentPath;
  if (!/^[A-Za-z0-9/_-]+$/.test(path)) {
    fail(`ui-content-path can only contain alphanumeric, -, _, or /. received: ${goQuote(path)}`);
  }
  if (/v[0-9]/.test(path)) fail(`ui-content-path cannot have 'v[0-9]'. received: ${goQuote(path)}`);
}

function bootstrap({ settings }: Subject): void {
  const expect = settings.bootstrap_expect;
  if (expect < 0) fail(`bootstrap_expect cannot be ${expect}. Must be greater than or equal to zero`);
  if (expect > 0 && !settings.server) fail("'bootstrap_expect > 0' requires 'server = true'");
  if (expect > 0 && settings.bootstrap) fail("'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive");
  if (settings.bootstrap && !settings.server) fail("'bootstrap = true' requires 'server = true'");
}

function raft({ settings: { raft_protocol, performance } }: Subject): void {
  if (raft_protocol !== 3) fail(`raft_protocol version ${raft_protocol} is not supported by this version of Consul`);
  const { raft_multiplier } = performance;
  if (raft_multiplier < 1 || raft_multiplier > 10) {
    fail(`performance.raft_multiplier cannot be ${raft_multiplier}. Must be between 1 and 10`);
  }
}

function gossip({ settings }: Subject): void {
  const fault = settings.encrypt === '' ? undefined : base64Fault(settings.encrypt);
  if (fault !== undefined) fail(`encrypt has invalid key: illegal base64 data at input byte ${fault}`);
  for (const key of ['serf_lan_allowed_cidrs', 'serf_wan_allowed_cidrs'] as const) {
    const bad = settings[key].filter((cidr) => parseCidr(cidr) === undefined);
    if (bad.length > 0) fail(`${key}: ${errorList(bad.map((cidr) => `invalid cidr: ${cidr}`))}`);
  }
  if (settings.server && settings.advertise_reconnect_timeout !== undefined) {
    fail('advertise_reconnect_timeout can only be used on a client');
  }
}

function segments({ settings }: Subject): void {
  const noPort = settings.segments.find((segment) => segment.port <= 0);
  if (noPort !== undefined) fail(`Port for segment ${goQuote(noPort.name)} cannot be <= 0`);
  if (settings.segment !== '' || settings.segments.length > 0) {
    fail('Network segments are not supported in this version of Consul');
  }
}

function connect({ settings }: Subject): void {
  const { ca_provider, enabled, enable_mesh_gateway_wan_federation: federation } = settings.connect;
  if (!['', 'consul', 'vault', 'aws-pca'].includes(ca_provider)) fail(`${ca_provider} is not a valid CA provider`);
  if (federation && !enabled) {
    fail("'connect.enable_mesh_gateway_wan_federation=true' requires 'connect.enabled=true'");
  }
  if (federation && !settings.server) {
    fail("'connect.enable_mesh_gateway_wan_federation = true' requires 'server = true'");
  }
  if (settings.primary_gateways.length === 0) return;
  if (!settings.server) fail("'primary_gateways' requires 'server = true'");
  if (!federation) fail("'primary_gateways' requires 'connect.enable_mesh_gateway_wan_federation = true'");
}

function autoEncrypt({ settings: { server, auto_encrypt, auto_config } }: Subject): void {
  if (auto_encrypt.tls && server) fail('auto_encrypt.tls can only be used on a client.');
  if (auto_encrypt.allow_tls && !server) fail('auto_encrypt.allow_tls can only be used on a server.');
  if (auto_config.enabled && server) fail('auto_config.enabled cannot be set to true for server agents');
  if (auto_config.authorization.enabled && !server) {
    fail('auto_config.authorization.enabled cannot be set to true for client agents');
  }
}

function checks({ settings }: Subject): void {
  if (settings.check_output_max_size < 1) {
    fail('check_output_max_size must be positive, to discard check output use the discard_check_output flag');
  }
}

function cache({ settings: { cache } }: Subject): void {
  const limits = { entry_fetch_max_burst: cache.entry_fetch_max_burst, entry_fetch_rate: cache.entry_fetch_rate ?? 1 };
  for (const [name, limit] of Object.entries(limits)) {
    if (limit <= 0) fail(`cache.${name} must be strictly positive, was: ${limit}`);
  }
}

function configEntries({ settings: { config_entries } }: Subject): void {
  for (const [i, entry] of config_entries.bootstrap.entries()) {
    const written = entry['kind'] ?? entry['Kind'];
    const kind = typeof written === 'string' ? written : '';
    if (entrySchema(kind) === undefined) fail(`config_entries.bootstrap[${i}]: invalid config entry kind: ${kind}`);
  }
}

/** No two listeners on one address and port. */
function listeners({ addresses, config }: Subject): void {
  const { ports } = config;
  const taken = new Map<string, string>();
  const claim = (name: string, ips: readonly string[], port: number) => {
    for (const address of withPort(ips, port)) {
      const owner = taken.get(address);
      if (owner !== undefined) fail(`${name} address ${address} already configured for ${owner}`);
      taken.set(address, name);
    }
  };
  claim('DNS', addresses.dns, ports.dns);
  claim('HTTP', addresses.http, ports.http);
  claim('HTTPS', addresses.https, ports.https);
  claim('RPC Advertise', [addresses.advertise], ports.server);
  claim('Serf Advertise LAN', [addresses.advertise], ports.serfLan);
  // Only servers have a WAN pool.
  if (config.server) claim('Serf Advertise WAN', [addresses.advertiseWan], ports.serfWan);
}
