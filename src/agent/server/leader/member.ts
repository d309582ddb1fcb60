/** A member of the LAN pool as the leader needs it: gossip's view of a node. */

export type MemberStatus = 'none' | 'alive' | 'leaving' | 'left' | 'failed';

export interface Member {
  readonly name: string;
  readonly address: string;
  readonly status: MemberStatus;
  /** Consul's tags: role, dc, id, port, build, vsn, raft_vsn, nonvoter ... */
  readonly tags: Readonly<Record<string, string>>;
  /** Versions of the gossip protocol. */
  readonly protocol: { readonly min: number; readonly max: number; readonly current: number };
}

/** Numbers that operators' tools show for a member's status. */
export const statusCode = { none: 0, alive: 1, leaving: 2, left: 3, failed: 4 } as const;

/** What a server announces about itself; null for a client agent or another datacenter. */
export interface ServerTags {
  readonly id: string;
  readonly port: number;
  readonly build: string;
  readonly raftVersion: string;
  readonly voter: boolean;
}

export function serverTags(member: Member, datacenter: string): ServerTags | null {
  const { role, dc, id, port, build, raft_vsn, nonvoter, read_replica } = member.tags as Record<
    string,
    string | undefined
  >;
  if (role !== 'consul' || dc !== datacenter) return null;
  const portNumber = Number(port);
  if (!Number.isInteger(portNumber) || portNumber <= 0) return null;
  return {
    id: id ?? '',
    port: portNumber,
    build: (build ?? '').split(':')[0] as string,
    raftVersion: raft_vsn ?? '3',
    voter: nonvoter !== '1' && read_replica !== '1',
  };
}
