/** What this node tells others about itself (wire facts of Serf, section 10, "Tags"). */
import type { Config } from '../config/config.ts';

/**
 * @param build the Consul version that peers reckon with
 * @param offersTls whether this server can be asked over TLS
 */
export function lanTags(config: Config, nodeId: string, build: string, offersTls: boolean): Record<string, string> {
  if (!config.server) return { ...commonTags(config, nodeId, build), role: 'node' };
  const wanPort: Record<string, string> =
    config.ports.serfWan > 0 ? { wan_join_port: String(config.ports.serfWan) } : {};
  return { ...serverTags(config, nodeId, build, offersTls), ...wanPort };
}

export function wanTags(config: Config, nodeId: string, build: string, offersTls: boolean): Record<string, string> {
  const { primaryDatacenter, datacenter } = config;
  // Ours: other datacenters learn that this one is no primary, lest two pass a request to and fro.
  const secondary: Record<string, string> = primaryDatacenter === datacenter ? {} : { pdc: primaryDatacenter };
  return { ...serverTags(config, nodeId, build, offersTls), ...secondary };
}

function serverTags(config: Config, nodeId: string, build: string, offersTls: boolean): Record<string, string> {
  const expect: Record<string, string> = config.bootstrapExpect > 0 ? { expect: String(config.bootstrapExpect) } : {};
  const bootstrap: Record<string, string> = config.bootstrap && !config.devMode ? { bootstrap: '1' } : {};
  return {
    ...commonTags(config, nodeId, build),
    ...bootstrap,
    ...expect,
    ft_fs: '1',
    // Ours: this server answers the question for a pre-vote.
    ft_pv: '1',
    // Ours: it tells other servers up to where they have to be to answer a read themselves.
    ft_ri: '1',
    ft_si: '1',
    port: String(config.ports.server),
    raft_vsn: String(config.raft.protocol),
    role: 'consul',
    ...(offersTls && { use_tls: '1' }),
  };
}

const commonTags = (config: Config, nodeId: string, build: string): Record<string, string> => ({
  acls: config.acl.enabled ? '1' : '0',
  build: `${build}:`,
  dc: config.datacenter,
  id: nodeId,
  segment: '',
  ...{ vsn: String(config.protocol), vsn_min: '2', vsn_max: '3' },
});
