import { defineCommand, explain } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { columns, toJson, wantsJson } from '../../../cli/format.ts';
import { type OperatorApi, operatorApi } from '../../../client/operator.ts';

export default defineCommand({
  summary: 'Display the current Raft peer configuration',
  usage: 'operator raft list-peers [options]',
  description: 'Prints the servers of the raft group, and which of them leads. With -stale any server may answer.',
  examples: [
    ['operator raft list-peers', 'Who votes, and who leads:'],
    ['operator raft list-peers -stale', 'The same while there is no leader:'],
    ['operator raft list-peers -detailed', 'How far each is behind the leader:'],
  ],
  http: 'all',
  flags: {
    detailed: flag.bool('Also the last log index of each, and how far it is behind the leader.', { extra: true }),
    format: formatFlag,
  },

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    const api = operatorApi(http());
    const asked = api.raftConfiguration();
    const { Servers, Index } = await explain('Error getting peers: Failed to retrieve raft configuration', asked);
    const lag = flags.detailed ? await lagOf(api) : null;
    if (json) {
      const peers = lag === null ? Servers : Servers.map((server) => ({ ...server, ...lag(server.ID) }));
      return out(toJson({ Servers: peers, Index }));
    }
    const rows = Servers.map(({ Node, ID, Address, Leader, Voter, ProtocolVersion }) => [
      Node || '(unknown)',
      ID,
      Address,
      Leader ? 'leader' : 'follower',
      String(Voter),
      ProtocolVersion || '<=1',
      ...(lag === null ? [] : told(lag(ID))),
    ]);
    const head = ['Node', 'ID', 'Address', 'State', 'Voter', 'RaftProtocol'];
    out(columns([lag === null ? head : [...head, 'Last Index', 'Trails Leader By'], ...rows]));
  },
});

interface Lag {
  readonly LastIndex: number;
  readonly TrailsLeaderBy: number;
}

/** As autopilot saw it last, up to two seconds ago. */
async function lagOf(api: OperatorApi): Promise<(id: string) => Lag | null> {
  const { Servers } = await explain('Error getting peers: Failed to query autopilot health', api.autopilotHealth());
  const newest = Math.max(0, ...Servers.filter(({ Leader }) => Leader).map(({ LastIndex }) => LastIndex));
  return (id) => {
    const server = Servers.find(({ ID }) => ID === id);
    if (server === undefined) return null;
    return { LastIndex: server.LastIndex, TrailsLeaderBy: Math.max(0, newest - server.LastIndex) };
  };
}

const told = (lag: Lag | null): string[] =>
  lag === null ? ['-', '-'] : [String(lag.LastIndex), `${lag.TrailsLeaderBy} entries`];
