/** Where a snapshot is saved and restored: on this server, at its leader, or in another datacenter. */
import type { Sockets } from '../../lib/sockets.ts';
import { errors, RpcError } from '../errors.ts';
import type { ServerInfo } from '../gossip/member.ts';
import {
  restoreTo,
  type SavedSnapshot,
  type SnapshotQuestion,
  type Snapshots,
  saveFrom,
} from '../rpc/snapshot-stream.ts';
import type { ServerPart } from './api.ts';
import { noMeta } from './context.ts';

export interface SnapshotRouterOptions {
  readonly sockets: Sockets;
  readonly datacenter: string;
  readonly server: Pick<
    ServerPart,
    'saveSnapshot' | 'restoreSnapshot' | 'isLeader' | 'leaderAddress' | 'raftStats' | 'demand'
  >;
  /** Servers of all datacenters that live. */
  readonly wanServers: () => readonly ServerInfo[];
}

export function routeSnapshots({ sockets, datacenter, server, wanServers }: SnapshotRouterOptions): Snapshots {
  /** Who has to be asked; null: nobody else. */
  const elsewhere = ({ Datacenter, AllowStale }: SnapshotQuestion): string | null => {
    if (Datacenter !== datacenter) {
      const known = wanServers().filter((one) => one.datacenter === Datacenter);
      if (known.length === 0) throw errors.noPathToDatacenter();
      const alive = known.find((one) => one.status === 'alive');
      if (alive === undefined) throw errors.remoteDatacenterUnreachable();
      return alive.address;
    }
    if (AllowStale || server.isLeader()) return null;
    const leader = server.leaderAddress();
    if (leader === '') throw errors.noLeader();
    return leader;
  };
  /** All tokens are in a snapshot: it is for those who manage them. */
  const demandRight = ({ Token }: SnapshotQuestion): Promise<void> => server.demand(Token, 'snapshot', 'write');
  return {
    async save(question, signal): Promise<SavedSnapshot> {
      const address = elsewhere(question);
      if (address !== null) return saveFrom(sockets, address, question, signal);
      await demandRight(question);
      const { index, archive } = await server.saveSnapshot(signal);
      const LastContact = Math.round((server.raftStats().lastContactMs ?? 0) * 1e6);
      return {
        meta: { ...noMeta, Index: index, LastContact, KnownLeader: server.leaderAddress() !== '' },
        archive,
      };
    },
    async restore(question, archive, signal) {
      if (question.AllowStale) throw new RpcError('stale not allowed for restore');
      const address = elsewhere(question);
      if (address !== null) return restoreTo(sockets, address, question, archive, signal);
      await demandRight(question);
      return server.restoreSnapshot(archive, signal);
    },
  };
}
