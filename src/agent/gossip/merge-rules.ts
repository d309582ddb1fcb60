/** Who may be in a pool (wire facts of Serf, section 10, "Merge rules"). */

export interface Candidate {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly left: boolean;
}

export interface LanIdentity {
  readonly name: string;
  readonly nodeId: string;
  readonly datacenter: string;
}

const isAgent = (tags: Candidate['tags']): boolean => tags['role'] === 'node' || tags['role'] === 'consul';

/** Why these members may not share the LAN pool with this node; null = they may. */
export function lanVeto(self: LanIdentity, members: readonly Candidate[]): string | null {
  const byId = new Map<string, string>();
  for (const { name, tags, left } of members) {
    const id = tags['id'] ?? '';
    if (id !== '' && !left) {
      if (id === self.nodeId && name !== self.name) {
        return `Member '${name}' has conflicting node ID '${id}' with this agent's ID`;
      }
      const other = byId.get(id);
      if (other !== undefined && other !== name) {
        return `Member '${name}' has conflicting node ID '${id}' with member '${other}'`;
      }
      byId.set(id, name);
    }
    if (!isAgent(tags)) continue;
    if (tags['dc'] !== undefined && tags['dc'] !== self.datacenter) {
      return `Member '${name}' part of wrong datacenter '${tags['dc']}'`;
    }
    const segment = tags['segment'] ?? '';
    if (segment !== '' && tags['role'] === 'node')
      return `Member '${name}' part of wrong segment '${segment}' (expected '')`;
  }
  return null;
}

/** Only servers may be in the WAN pool. */
export function wanVeto(members: readonly Candidate[]): string | null {
  for (const { name, tags } of members) {
    const isServer =
      tags['role'] === 'consul' &&
      /^\d+$/.test(tags['port'] ?? '') &&
      /^\d+$/.test(tags['vsn'] ?? '') &&
      /\d+\.\d+\.\d+/.test(tags['build'] ?? '');
    if (!isServer) return `Member '${name}' is not a server`;
  }
  return null;
}
