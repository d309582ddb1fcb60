/** Raft and autopilot as operators see them. Field order is declaration order (an array form is read by it). */
import { WriteRequest } from './common.ts';
import { any, bool, dur, type Infer, int64, map, slice, str, struct, time, u64 } from './schema.ts';

export const AutopilotConfig = struct('AutopilotConfig', {
  CleanupDeadServers: bool,
  LastContactThreshold: dur,
  MaxTrailingLogs: u64,
  MinQuorum: u64,
  ServerStabilizationTime: dur,
  RedundancyZoneTag: str,
  DisableUpgradeMigration: bool,
  UpgradeVersionTag: str,
  CreateIndex: u64,
  ModifyIndex: u64,
});
export type AutopilotConfig = Infer<typeof AutopilotConfig>;

export const AutopilotSetConfigRequest = struct('AutopilotSetConfigRequest', {
  Datacenter: str,
  Config: AutopilotConfig,
  CAS: bool,
  ...WriteRequest.type.fields,
});
export type AutopilotSetConfigRequest = Infer<typeof AutopilotSetConfigRequest>;

export const Server = struct('Server', {
  ID: str,
  Name: str,
  Address: str,
  NodeStatus: str,
  Version: str,
  Meta: map(str),
  RaftVersion: int64,
  IsLeader: bool,
  NodeType: str,
  Ext: any,
});
export type Server = Infer<typeof Server>;

export const ServerStats = struct('ServerStats', {
  LastContact: dur,
  LastTerm: u64,
  LastIndex: u64,
});
export type ServerStats = Infer<typeof ServerStats>;

export const ServerHealth = struct('ServerHealth', {
  Healthy: bool,
  StableSince: time,
});
export type ServerHealth = Infer<typeof ServerHealth>;

export const ServerState = struct('ServerState', {
  Server: Server,
  State: str,
  Stats: ServerStats,
  Health: ServerHealth,
});
export type ServerState = Infer<typeof ServerState>;

export const State = struct('State', {
  Healthy: bool,
  FailureTolerance: int64,
  Servers: map(ServerState),
  Leader: str,
  Voters: slice(str),
  Ext: any,
});
export type State = Infer<typeof State>;

export const RaftServer = struct('RaftServer', {
  ID: str,
  Node: str,
  Address: str,
  Leader: bool,
  ProtocolVersion: str,
  Voter: bool,
});
export type RaftServer = Infer<typeof RaftServer>;

export const RaftConfigurationResponse = struct('RaftConfigurationResponse', {
  Servers: slice(RaftServer),
  Index: u64,
});
export type RaftConfigurationResponse = Infer<typeof RaftConfigurationResponse>;

export const RaftRemovePeerRequest = struct('RaftRemovePeerRequest', {
  Datacenter: str,
  Address: str,
  ID: str,
  ...WriteRequest.type.fields,
});
export type RaftRemovePeerRequest = Infer<typeof RaftRemovePeerRequest>;

/** Ours: hands leadership to a voter, or with an empty id to the one that is most up to date. */
export const RaftTransferLeaderRequest = struct('RaftTransferLeaderRequest', {
  Datacenter: str,
  ID: str,
  ...WriteRequest.type.fields,
});
export type RaftTransferLeaderRequest = Infer<typeof RaftTransferLeaderRequest>;

export const AutopilotServerHealth = struct('AutopilotServerHealth', {
  ID: str,
  Name: str,
  Address: str,
  SerfStatus: int64,
  Version: str,
  Leader: bool,
  LastContact: dur,
  LastTerm: u64,
  LastIndex: u64,
  Healthy: bool,
  Voter: bool,
  StableSince: time,
});
export type AutopilotServerHealth = Infer<typeof AutopilotServerHealth>;

export const AutopilotHealthReply = struct('AutopilotHealthReply', {
  Healthy: bool,
  FailureTolerance: int64,
  Servers: slice(AutopilotServerHealth),
});
export type AutopilotHealthReply = Infer<typeof AutopilotHealthReply>;

export const RaftStats = struct('RaftStats', {
  LastContact: str,
  LastTerm: u64,
  LastIndex: u64,
});
export type RaftStats = Infer<typeof RaftStats>;

/** Ours: a follower asks its leader up to where everything is committed. */
export const ReadIndexRequest = struct('ReadIndexRequest', { Verified: bool });
export type ReadIndexRequest = Infer<typeof ReadIndexRequest>;
export const ReadIndexReply = struct('ReadIndexReply', { Index: u64 });
export type ReadIndexReply = Infer<typeof ReadIndexReply>;
