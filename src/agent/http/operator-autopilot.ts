/** `/v1/operator/autopilot/`: what keeps the servers healthy, and how healthy they are. */

import { NumberError, parseUint } from '../../lib/go-number.ts';
import { decodeJson } from '../../structs/json-decode.ts';
import { make } from '../../structs/make.ts';
import { AutopilotConfig, type AutopilotServerHealth, type ServerState } from '../../structs/operator.ts';
import { bool, durationText, type Infer, int64, map, slice, str, struct, time, u64 } from '../../structs/schema.ts';
import { BadRequest } from '../errors.ts';
import { memberStatusName } from '../gossip/member.ts';
import { type HttpAnswer, json, yesNo } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';
import { refusing } from './decode-body.ts';
import { readOptions, writeOptions } from './query-options.ts';

export const autopilotRoutes: readonly Route[] = [
  { path: '/v1/operator/autopilot/configuration', methods: ['GET', 'PUT'], handler: configuration },
  { path: '/v1/operator/autopilot/health', methods: ['GET'], handler: health },
  { path: '/v1/operator/autopilot/state', methods: ['GET'], handler: state },
];

const ConfigJson = struct('AutopilotConfiguration', {
  CleanupDeadServers: bool,
  LastContactThreshold: durationText,
  MaxTrailingLogs: u64,
  MinQuorum: u64,
  ServerStabilizationTime: durationText,
  RedundancyZoneTag: str,
  DisableUpgradeMigration: bool,
  UpgradeVersionTag: str,
  CreateIndex: u64,
  ModifyIndex: u64,
});

async function configuration(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  if (request.method === 'GET') {
    const { reply } = await api.rpc.call('Operator.AutopilotGetConfiguration', readOptions(request, api));
    return json(ConfigJson, reply, request.layout);
  }
  const args = writeOptions(request, api);
  const body = await request.readBody();
  const config = refusing('Bad request: Error parsing autopilot config', () => decodeJson(ConfigJson, body));
  const cas = request.query.get('cas');
  const CAS = cas !== '';
  const Config = make(AutopilotConfig, { ...config, ModifyIndex: CAS ? casIndex(cas) : 0 });
  const { reply } = await api.rpc.call('Operator.AutopilotSetConfiguration', { ...args, Config, CAS });
  return yesNo(reply, request.layout);
}

function casIndex(text: string): number {
  try {
    return Number(parseUint(text));
  } catch (error) {
    if (!(error instanceof NumberError)) throw error;
    throw new BadRequest(`Bad request: Error parsing cas value: ${error.message}`);
  }
}

const ServerHealthJson = struct('ServerHealth', {
  ID: str,
  Name: str,
  Address: str,
  SerfStatus: str,
  Version: str,
  Leader: bool,
  LastContact: durationText,
  LastTerm: u64,
  LastIndex: u64,
  Healthy: bool,
  Voter: bool,
  StableSince: time,
});

const HealthJson = struct('OperatorHealthReply', {
  Healthy: bool,
  FailureTolerance: int64,
  Servers: slice(ServerHealthJson),
});

/** Unhealthy has a status of its own, for those who only look at that. */
async function health(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { reply } = await api.rpc.call('Operator.ServerHealth', readOptions(request, api));
  const Servers = (reply.Servers ?? []).map((server: AutopilotServerHealth) => ({
    ...server,
    SerfStatus: memberStatusName(server.SerfStatus),
  }));
  return json(HealthJson, { ...reply, Servers }, request.layout, reply.Healthy ? 200 : 429);
}

const ServerJson = struct('AutopilotServer', {
  ID: str,
  Name: str,
  Address: str,
  NodeStatus: str,
  Version: str,
  LastContact: durationText,
  LastTerm: u64,
  LastIndex: u64,
  Healthy: bool,
  StableSince: time,
  ReadReplica: bool,
  Status: str,
  Meta: map(str),
  NodeType: str,
});

const StateJson = struct('AutopilotState', {
  Healthy: bool,
  FailureTolerance: int64,
  OptimisticFailureTolerance: int64,
  Servers: map(ServerJson),
  Leader: str,
  Voters: slice(str),
});

const serverJson = ({ Server, State, Stats, Health }: ServerState): Infer<typeof ServerJson> => ({
  ID: Server.ID,
  Name: Server.Name,
  Address: Server.Address,
  NodeStatus: Server.NodeStatus,
  Version: Server.Version,
  ...Stats,
  ...Health,
  ReadReplica: false,
  Status: State,
  Meta: Server.Meta,
  NodeType: Server.NodeType,
});

async function state(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const { reply } = await api.rpc.call('Operator.AutopilotState', readOptions(request, api));
  const { Healthy, FailureTolerance, Leader, Voters } = reply;
  const Servers = Object.fromEntries(Object.entries(reply.Servers ?? {}).map(([id, one]) => [id, serverJson(one)]));
  const shown = { Healthy, FailureTolerance, OptimisticFailureTolerance: 0, Servers, Leader, Voters };
  return json(StateJson, shown, request.layout);
}
