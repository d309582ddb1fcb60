/** Operator.*: the Raft configuration and autopilot. */
import { goQuote } from '../../../lib/go-format.ts';
import { make } from '../../../structs/make.ts';
import { AutopilotConfig, type AutopilotServerHealth, type ServerState } from '../../../structs/operator.ts';
import { RpcError } from '../../errors.ts';
import { statusCode } from '../../gossip/member.ts';
import { getAutopilot } from '../../state/operator.ts';
import { answer, type MethodTable } from '../context.ts';
import { failureTolerance, type ServerHealthView } from '../leader/autopilot.ts';
import { removePeer } from '../leader/raft-members.ts';

function healthOf(server: ServerHealthView): AutopilotServerHealth {
  return {
    ID: server.id,
    Name: server.name,
    Address: server.address,
    SerfStatus: statusCode[server.member?.status ?? 'none'],
    Version: server.build,
    Leader: server.leader,
    LastContact: Math.round(server.lastContactMs * 1e6),
    LastTerm: server.lastTerm,
    LastIndex: server.lastIndex,
    Healthy: server.healthy,
    Voter: server.voter,
    StableSince: new Date(server.stableSinceMs).toISOString(),
  };
}

function stateOf(server: ServerHealthView): ServerState {
  const health = healthOf(server);
  return {
    Server: {
      ID: server.id,
      Name: server.name,
      Address: server.address,
      NodeStatus: server.member?.status ?? 'none',
      Version: server.build,
      Meta: null,
      RaftVersion: 3,
      IsLeader: server.leader,
      NodeType: server.voter ? 'voter' : '',
      Ext: null,
    },
    State: server.leader ? 'leader' : server.voter ? 'voter' : 'non-voter',
    Stats: { LastContact: health.LastContact, LastTerm: health.LastTerm, LastIndex: health.LastIndex },
    Health: { Healthy: server.healthy, StableSince: health.StableSince },
  };
}

export const operatorMethods: MethodTable = {
  'Operator.RaftGetConfiguration': {
    kind: 'procedure',
    by: 'reader',
    run(context) {
      const Servers = context.autopilot.servers().map((server) => ({
        ID: server.id,
        Node: server.name === '' ? '(unknown)' : server.name,
        Address: server.address,
        Leader: server.leader,
        ProtocolVersion: server.member === undefined ? '3' : (server.member.tags['raft_vsn'] ?? '3'),
        Voter: server.voter,
      }));
      // Consul 1.10 never fills the index in.
      return answer({ Servers, Index: 0 });
    },
  },
  'Operator.RaftRemovePeerByAddress': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      const address = args.Address ?? '';
      const server = context.autopilot.servers().find((s) => s.address === address);
      if (server === undefined)
        throw new RpcError(`address ${goQuote(address)} was not found in the Raft configuration`);
      await removePeer(context, server.id);
      return answer({});
    },
  },
  'Operator.RaftRemovePeerByID': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      const id = args.ID ?? '';
      if (context.autopilot.servers().every((server) => server.id !== id)) {
        throw new RpcError(`id ${goQuote(id)} was not found in the Raft configuration`);
      }
      await removePeer(context, id);
      return answer({});
    },
  },
  'Operator.RaftTransferLeader': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      const id = args.ID ?? '';
      if (id !== '' && context.autopilot.servers().every((server) => server.id !== id)) {
        throw new RpcError(`id ${goQuote(id)} was not found in the Raft configuration`);
      }
      await context.raft.transferLeadership(id);
      return answer({});
    },
  },
  'Operator.AutopilotGetConfiguration': {
    kind: 'procedure',
    by: 'reader',
    run(context) {
      const config = getAutopilot(context.store.state);
      if (config === undefined) throw new RpcError('autopilot config not initialized yet');
      return answer(config);
    },
  },
  'Operator.AutopilotSetConfiguration': {
    kind: 'procedure',
    by: 'leader',
    async run(context, args) {
      const CAS = args.CAS ?? false;
      const result = await context.propose('autopilot', {
        Datacenter: args.Datacenter ?? '',
        Config: make(AutopilotConfig, args.Config),
        CAS,
        Token: args.Token ?? '',
      });
      return answer(CAS ? result === true : true);
    },
  },
  'Operator.ServerHealth': {
    kind: 'procedure',
    by: 'leader',
    run(context) {
      const all = context.autopilot.servers();
      return answer({
        Healthy: all.every((server) => server.healthy),
        FailureTolerance: failureTolerance(all),
        Servers: all.map(healthOf),
      });
    },
  },
  'Operator.AutopilotState': {
    kind: 'procedure',
    by: 'leader',
    run(context) {
      const all = context.autopilot.servers();
      return answer({
        Healthy: all.every((server) => server.healthy),
        FailureTolerance: failureTolerance(all),
        Servers: Object.fromEntries(all.map((server) => [server.id, stateOf(server)])),
        Leader: all.find((server) => server.leader)?.id ?? '',
        Voters: all.filter((server) => server.voter).map((server) => server.id),
        Ext: null,
      });
    },
  },
};
