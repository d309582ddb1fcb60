/** Pure arithmetic on configurations: who votes, what a quorum is, what a change makes of them. */
import type { Configuration, RaftServer } from '../api.ts';

export type ConfigurationChange =
  | { readonly kind: 'addVoter'; readonly id: string; readonly address: string }
  | { readonly kind: 'addNonvoter'; readonly id: string; readonly address: string }
  | { readonly kind: 'demoteVoter'; readonly id: string }
  | { readonly kind: 'removeServer'; readonly id: string };

export const emptyConfiguration: Configuration = { servers: [] };

export const findServer = (configuration: Configuration, id: string): RaftServer | undefined =>
  configuration.servers.find((server) => server.id === id);

export const isVoter = (configuration: Configuration, id: string): boolean =>
  findServer(configuration, id)?.suffrage === 'voter';

export const votersOf = (configuration: Configuration): readonly RaftServer[] =>
  configuration.servers.filter((server) => server.suffrage === 'voter');

export const quorumOf = (configuration: Configuration): number => Math.floor(votersOf(configuration).length / 2) + 1;

/** True when `id` alone decides: no other voter to ask. */
export const isSoleVoter = (configuration: Configuration, id: string): boolean => {
  const voters = votersOf(configuration);
  return voters.length === 1 && voters[0]?.id === id;
};

/** The highest value that a quorum of voters has reached. `reachedBy` is asked for voters only. */
export function quorumValue(configuration: Configuration, reachedBy: (server: RaftServer) => number): number {
  const values = votersOf(configuration).map(reachedBy);
  if (values.length === 0) return 0;
  values.sort((a, b) => b - a);
  return values[Math.floor(values.length / 2)]!;
}

/** Why a configuration may not be used (wire/raft section 2), or '' if it may. */
export function configurationFault(configuration: Configuration): string {
  const ids = new Set<string>();
  const addresses = new Set<string>();
  for (const { id, address } of configuration.servers) {
    if (id === '') return 'empty ID in configuration';
    if (address === '') return `empty address in configuration: ${id}`;
    if (ids.has(id)) return `found duplicate ID in configuration: ${id}`;
    if (addresses.has(address)) return `found duplicate address in configuration: ${address}`;
    ids.add(id);
    addresses.add(address);
  }
  return votersOf(configuration).length === 0 ? 'need at least one voter in configuration' : '';
}

/**
 * The configuration after one change. Adding a server that is there updates its address; adding a voter as nonvoter does not
 * take its vote away (demoting does).
 */
export function applyChange(current: Configuration, change: ConfigurationChange): Configuration {
  const others = current.servers.filter((server) => server.id !== change.id);
  const known = findServer(current, change.id);
  const replaced = (server: RaftServer): Configuration => ({
    servers: known ? current.servers.map((old) => (old === known ? server : old)) : [...current.servers, server],
  });
  switch (change.kind) {
    case 'addVoter':
      return replaced({ suffrage: 'voter', id: change.id, address: change.address });
    case 'addNonvoter':
      return replaced({
        suffrage: known?.suffrage === 'voter' ? 'voter' : 'nonvoter',
        id: change.id,
        address: change.address,
      });
    case 'demoteVoter':
      return known ? replaced({ ...known, suffrage: 'nonvoter' }) : current;
    case 'removeServer':
      return { servers: others };
  }
}
