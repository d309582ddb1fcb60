/** What an agent prints before its log. */

import type { Loaded } from './load.ts';

export function banner(
  { config, settings }: Loaded,
  about: { readonly nodeId: string; readonly version: string; readonly gossipEncrypted: boolean },
): string {
  const { ports } = config;
  const segment = config.server ? '<all>' : settings.segment;
  const rows: readonly (readonly [string, string])[] = [
    ['Version', `'${about.version}'`],
    ['Node ID', `'${about.nodeId}'`],
    ['Node name', `'${config.nodeName}'`],
    ['Datacenter', `'${config.datacenter}' (Segment: '${segment}')`],
    ['Server', `${config.server} (Bootstrap: ${config.bootstrap})`],
    [
      'Client Addr',
      `[${config.clientAddrs.join(' ')}] (HTTP: ${ports.http}, HTTPS: ${ports.https}, gRPC: ${ports.grpc}, DNS: ${ports.dns})`,
    ],
    ['Cluster Addr', `${config.advertiseAddr} (LAN: ${ports.serfLan}, WAN: ${ports.serfWan})`],
    [
      'Encrypt',
      `Gossip: ${about.gossipEncrypted}, TLS-Outgoing: ${settings.verify_outgoing}, TLS-Incoming: ${settings.verify_incoming}, Auto-Encrypt-TLS: ${settings.auto_encrypt.tls || settings.auto_encrypt.allow_tls}`,
    ],
  ];
  const lines = rows.map(([name, value]) => `${name.padStart(18)}: ${value}\n`);
  return `==> Starting Consul agent...\n${lines.join('')}\n==> Log data will now stream in as it occurs:\n\n`;
}
