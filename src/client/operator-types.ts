/** What operators see of the servers, as JSON. */

export interface AutopilotConfiguration {
  readonly CleanupDeadServers: boolean;
  /** Go durations: `200ms`. */
  readonly LastContactThreshold: string;
  readonly MaxTrailingLogs: number;
  readonly MinQuorum: number;
  readonly ServerStabilizationTime: string;
  readonly RedundancyZoneTag: string;
  readonly DisableUpgradeMigration: boolean;
  readonly UpgradeVersionTag: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

export interface AutopilotServerHealth {
  readonly ID: string;
  readonly Name: string;
  readonly Address: string;
  readonly SerfStatus: string;
  readonly Version: string;
  readonly Leader: boolean;
  readonly LastContact: string;
  readonly LastTerm: number;
  readonly LastIndex: number;
  readonly Healthy: boolean;
  readonly Voter: boolean;
  readonly StableSince: string;
}

export interface AutopilotHealth {
  readonly Healthy: boolean;
  readonly FailureTolerance: number;
  readonly Servers: readonly AutopilotServerHealth[];
}

export interface AutopilotServer {
  readonly ID: string;
  readonly Name: string;
  readonly Address: string;
  readonly NodeStatus: string;
  readonly Version: string;
  readonly LastContact: string;
  readonly LastTerm: number;
  readonly LastIndex: number;
  readonly Healthy: boolean;
  readonly StableSince: string;
  readonly ReadReplica: boolean;
  readonly Status: string;
  readonly Meta: Readonly<Record<string, string>> | null;
  readonly NodeType: string;
}

export interface AutopilotState {
  readonly Healthy: boolean;
  readonly FailureTolerance: number;
  readonly OptimisticFailureTolerance: number;
  readonly Servers: Readonly<Record<string, AutopilotServer>>;
  readonly Leader: string;
  readonly Voters: readonly string[];
}

/** The keys of one gossip pool, each with the number of nodes that have it. */
export interface KeyringEntry {
  readonly WAN: boolean;
  readonly Datacenter: string;
  readonly Segment: string;
  readonly Messages?: Readonly<Record<string, string>>;
  readonly Keys: Readonly<Record<string, number>> | null;
  readonly PrimaryKeys: Readonly<Record<string, number>> | null;
  readonly NumNodes: number;
}
