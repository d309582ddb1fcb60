/** Operator.*: the Raft configuration and autopilot. */
import { goQuote } from '../../../lib/go-format.ts';
import { make, zeroTime } from '../../../structs/make.ts';
import { AutopilotConfig, type AutopilotServerHealth, type ServerState } from '../../../structs/operator.ts';
import { RpcError } from '../../errors.ts';
import { getAutopilot } from '../../state/operator.ts';
import { answer, type MethodTable, type ServerContext } from '../context.ts';
import { type Member, serverTags, statusCode } from '../leader/member.ts';

interface ServerView {
  readonly id: string;
  readonly address: string;
  readonly member: Member | undefined;
  readonly build: string;
  readonly leader: boolean;
  readonly voter: boolean;
  readonly healthy: boolean;
}

/** Every server of the Raft configuration with what gossip knows of it. */
function servers(context: ServerContext): ServerView[] {
  const { leader } = context.raft.leadership;
  const byId = new Map<string, Member>();
  for (const member of context.members()) {
    const tags = serverTags(member, context.config.datacenter);
    if (tags !== null) byId.set(tags.id, member);
  }
  return context.raft.stats().configuration.servers.map((server) => {
    const member = byId.get(server.id);
    return {
      id: server.id,
      address: server.address,
      member,
      build: member === undefined ? '' : (serverTags(member, context.config.datacenter)?.build ?? ''),
      leader: leader?.id === server.id,
      voter: server.suffrage === 'voter',
      healthy: member?.status === 'alive',
    };
  });
}

/** How many voters may fail before a quorum is lost. */
function failureTolerance(all: readonly ServerView[]): number {
  const voters = all.filter((server) => server.voter);
  const quorum = Math.floor(voters.length / 2) + 1;
  return Math.max(0, voters.filter((server) => server.healthy).length - quorum);
}

function healthOf(context: ServerContext, server: ServerView): AutopilotServerHealth {
  const { lastLogTerm, lastLogIndex } = context.raft.stats();
  return {
    ID: server.id,
    Name: server.member?.name ?? '',
    Address: server.address,
    SerfStatus: statusCode[server.member?.status ?? 'none'],
    Version: server.build,
    Leader: server.leader,
    LastContact: 0,
    LastTerm: server.leader ? lastLogTerm : 0,
    LastIndex: server.leader ? lastLogIndex : 0,
    Healthy: server.healthy,
    Voter: server.voter,
    StableSince: context.stableSince(),
  };
}

function stateOf(context: ServerContext, server: ServerView): ServerState {
  const health = healthOf(context, server);
  return {
    Server: {
      ID: server.id,
      Name: health.Name,
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
    Stats: { LastContact: 0, LastTerm: health.LastTerm, LastIndex: health.LastIndex },
    Health: { Healthy: server.healthy, StableSince: health.StableSince || zeroTime },
  };
}

export const operatorMethods: MethodTable = {
  'Operator.RaftGetConfiguration': {
    kind: 'procedure',
    by: 'leader',
    run(context) {
      const Servers = servers(context).map((server) => ({
        ID: server.id,
        Node: server.member?.name ?? '(unknown)',
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
    run(context, args) {
      const address = args.Address ?? '';
      if (servers(context).every((server) => server.address !== address)) {
        throw new RpcError(`address ${goQuote(address)} was not found in the Raft configuration`);
      }
      throw new RpcError('Removing servers is not supported yet');
    },
  },
  'Operator.RaftRemovePeerByID': {
    kind: 'procedure',
    by: 'leader',
    run(context, args) {
      const id = args.ID ?? '';
      if (servers(context).every((server) => server.id !== id)) {
        throw new RpcError(`id ${goQuote(id)} was not found in the Raft configuration`);
      }
      throw new RpcError('Removing servers is not supported yet');
    },
  },
  'Operator.AutopilotGetConfiguration': {
    kind: 'procedure',
    by: 'leader',
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
      const all = servers(context);
      return answer({
        Healthy: all.every((server) => server.healthy),
        FailureTolerance: failureTolerance(all),
        Servers: all.map((server) => healthOf(context, server)),
      });
    },
  },
  'Operator.AutopilotState': {
    kind: 'procedure',
    by: 'leader',
    run(context) {
      const all = servers(context);
      return answer({
        Healthy: all.every((server) => server.healthy),
        FailureTolerance: failureTolerance(all),
        Servers: Object.fromEntries(all.map((server) => [server.id, stateOf(context, server)])),
        Leader: all.find((server) => server.leader)?.id ?? '',
        Voters: all.filter((server) => server.voter).map((server) => server.id),
        Ext: null,
      });
    },
  },
};
