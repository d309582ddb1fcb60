/** A member of a pool as the rest of the agent knows it: gossip's view of a node, in Consul's terms. */
import { joinHostPort } from '../../lib/host-port.ts';
import { textOfAddr } from './memberlist/transport.ts';
import type { MemberStatus, Member as SerfMember } from './serf/core/members.ts';

export type { MemberStatus };

export interface VersionRange {
  readonly min: number;
  readonly max: number;
  readonly current: number;
}

export interface Member {
  readonly name: string;
  /** IP address as text. */
  readonly address: string;
  readonly port: number;
  /** What a node tells about itself: role, dc, id, port, build, vsn, raft_vsn, features ... */
  readonly tags: Readonly<Record<string, string>>;
  readonly status: MemberStatus;
  /** Versions of memberlist's protocol, and of what serf speaks over it. */
  readonly protocol: VersionRange;
  readonly delegate: VersionRange;
}

/** Numbers that operators' tools show for a member's status. */
export const statusCode = { none: 0, alive: 1, leaving: 2, left: 3, failed: 4 } as const;

/** The word for a number of `statusCode`. */
export const memberStatusName = (code: number): string =>
  Object.entries(statusCode).find(([, number]) => number === code)?.[0] ?? 'none';

export function memberOf(serf: SerfMember): Member {
  const [pmin = 0, pmax = 0, pcur = 0, dmin = 0, dmax = 0, dcur = 0] = serf.vsn;
  return {
    name: serf.name,
    address: textOfAddr(serf.addr),
    port: serf.port,
    tags: serf.tags,
    status: serf.status,
    protocol: { min: pmin, max: pmax, current: pcur },
    delegate: { min: dmin, max: dmax, current: dcur },
  };
}

/** What a server announces about itself. */
export interface ServerInfo {
  readonly id: string;
  /** Name of the node, without the datacenter that names in the WAN pool end in. */
  readonly name: string;
  readonly datacenter: string;
  /** `ip:port` of its RPC listener. */
  readonly address: string;
  readonly port: number;
  readonly wanJoinPort: number;
  readonly build: string;
  readonly raftVersion: string;
  readonly voter: boolean;
  readonly bootstrap: boolean;
  /** How many servers it waits for before the first election; 0 = none. */
  readonly expect: number;
  /** Understands the question for a pre-vote. */
  readonly preVote: boolean;
  /** Answers `Status.ReadIndex`. */
  readonly readIndex: boolean;
  readonly acls: string;
  /** The datacenter that it takes for the primary, where that is another and it says so. */
  readonly primary: string | null;
  /** Can be asked over TLS. */
  readonly offersTls: boolean;
  readonly status: MemberStatus;
}

const isNumber = (text: string | undefined): boolean => text === undefined || /^-?\d+$/.test(text);

/** Servers that speak another Raft can be in the pool, not in a configuration: they would never understand each other. */
export const speaksOurRaft = ({ raftVersion }: ServerInfo): boolean => raftVersion === '3';

/** null for a client agent, and for what only looks like a server (wire facts of Serf, section 10). */
export function serverInfo(member: Member): ServerInfo | null {
  const { tags } = member;
  if (tags['role'] !== 'consul') return null;
  const required = [tags['port'], tags['vsn']].every((text) => text !== undefined && isNumber(text));
  const optional = [tags['expect'], tags['wan_join_port'], tags['raft_vsn']].every(isNumber);
  const features = Object.entries(tags).every(([name, value]) => !name.startsWith('ft_') || isNumber(value));
  const build = /\d+\.\d+\.\d+/.exec(tags['build'] ?? '')?.[0];
  if (!required || !optional || !features || build === undefined) return null;
  const datacenter = tags['dc'] ?? '';
  const suffix = `.${datacenter}`;
  const port = Number(tags['port']);
  return {
    id: tags['id'] ?? '',
    name: member.name.endsWith(suffix) ? member.name.slice(0, -suffix.length) : member.name,
    datacenter,
    address: joinHostPort(member.address, port),
    port,
    wanJoinPort: Number(tags['wan_join_port'] ?? 0),
    build,
    raftVersion: tags['raft_vsn'] ?? '0',
    voter: tags['nonvoter'] !== '1' && tags['read_replica'] !== '1',
    bootstrap: tags['bootstrap'] === '1',
    expect: Number(tags['expect'] ?? 0),
    preVote: Number(tags['ft_pv'] ?? 0) >= 1,
    readIndex: Number(tags['ft_ri'] ?? 0) >= 1,
    acls: tags['acls'] ?? '',
    primary: tags['pdc'] ?? null,
    offersTls: tags['use_tls'] !== undefined,
    status: member.status,
  };
}
