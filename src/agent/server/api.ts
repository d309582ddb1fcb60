/**
 * A server's outside, as the composition root and the HTTP layer see it. Implemented by `server/server.ts`.
 */

import type { Access, Resource } from '../acl/authorizer.ts';
import type { AclResolver } from '../acl/resolver.ts';
import type { RaftStats } from '../raft/api.ts';
import type { RpcCaller } from '../rpc/caller.ts';

export interface ServerPart extends RpcCaller {
  /** Null while ACLs are off. */
  readonly acl: AclResolver | null;
  /** Of a token, for what is no method of RPC. Rejects with an RpcError. */
  demand(token: string, resource: Resource, access: Access): Promise<void>;
  readonly raftStats: () => RaftStats;
  /** `ip:port` of the leader, '' when there is none. */
  readonly leaderAddress: () => string;
  readonly isLeader: () => boolean;
  /** An archive of the state (gzip tar, wire/snapshot), to be iterated once; index goes to X-Consul-Index. */
  saveSnapshot(signal?: AbortSignal): Promise<{ readonly index: number; readonly archive: AsyncIterable<Uint8Array> }>;
  restoreSnapshot(archive: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>;
  /** Gives up leadership where possible and leaves the cluster gracefully. */
  leave(): Promise<void>;
  stop(): Promise<void>;
}
