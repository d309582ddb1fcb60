/** This node as the members of its pools see it. */
import type { Config } from '../config/config.ts';

export type MemberStatus = 'none' | 'alive' | 'leaving' | 'left' | 'failed';

export interface VersionRange {
  readonly min: number;
  readonly max: number;
  readonly current: number;
}

export interface Member {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** What a node tells about itself: role, datacenter, id, build, ports, features. */
  readonly tags: Readonly<Record<string, string>>;
  readonly status: MemberStatus;
  /** Versions of memberlist's protocol, and of what serf speaks over it. */
  readonly protocol: VersionRange;
  readonly delegate: VersionRange;
}

/** Consul's protocol versions as tags. */
const consulProtocol = { vsn: '2', vsn_min: '2', vsn_max: '3' } as const;
const protocol: VersionRange = { min: 1, max: 5, current: 2 };
const delegate: VersionRange = { min: 2, max: 5, current: 4 };

/** `build` is the Consul version that peers reckon with. */
export function localMember(config: Config, nodeId: string, build: string, status: MemberStatus = 'alive'): Member {
  const wanPort: Record<string, string> =
    config.ports.serfWan > 0 ? { wan_join_port: String(config.ports.serfWan) } : {};
  return {
    name: config.nodeName,
    address: config.advertiseAddr,
    port: config.ports.serfLan,
    tags: { ...serverTags(config, nodeId, build), ...wanPort },
    status,
    protocol,
    delegate,
  };
}

/** The same server in the pool of all datacenters; null where there is no such pool. */
export function localWanMember(config: Config, nodeId: string, build: string): Member | null {
  if (config.ports.serfWan <= 0) return null;
  return {
    name: `${config.nodeName}.${config.datacenter}`,
    address: config.advertiseAddrWan,
    port: config.ports.serfWan,
    tags: serverTags(config, nodeId, build),
    status: 'alive',
    protocol,
    delegate,
  };
}

function serverTags(config: Config, nodeId: string, build: string): Record<string, string> {
  const expect: Record<string, string> = config.bootstrapExpect > 1 ? { expect: String(config.bootstrapExpect) } : {};
  const bootstrap: Record<string, string> = config.bootstrap && !config.devMode ? { bootstrap: '1' } : {};
  return {
    acls: config.acl.enabled ? '1' : '0',
    ...bootstrap,
    build: `${build}:`,
    dc: config.datacenter,
    ...expect,
    ft_fs: '1',
    ft_si: '1',
    id: nodeId,
    port: String(config.ports.server),
    raft_vsn: String(config.raft.protocol),
    role: 'consul',
    segment: '',
    ...consulProtocol,
  };
}
