import { defineCommand, explain } from '../../../cli/command.ts';
import { formatFlag } from '../../../cli/flags.ts';
import { columns, toJson, wantsJson } from '../../../cli/format.ts';
import { operatorApi } from '../../../client/operator.ts';

export default defineCommand({
  summary: 'Display the current Raft peer configuration',
  usage: 'operator raft list-peers [options]',
  description: 'Prints the servers of the raft group, and which of them leads. With -stale any server may answer.',
  examples: [
    ['operator raft list-peers', 'Who votes, and who leads:'],
    ['operator raft list-peers -stale', 'The same while there is no leader:'],
  ],
  http: 'all',
  flags: { format: formatFlag },

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    const asked = operatorApi(http()).raftConfiguration();
    const { Servers, Index } = await explain('Error getting peers: Failed to retrieve raft configuration', asked);
    if (json) return out(toJson({ Servers, Index }));
    const rows = Servers.map(({ Node, ID, Address, Leader, Voter, ProtocolVersion }) => [
      Node || '(unknown)',
      ID,
      Address,
      Leader ? 'leader' : 'follower',
      String(Voter),
      ProtocolVersion || '<=1',
    ]);
    out(columns([['Node', 'ID', 'Address', 'State', 'Voter', 'RaftProtocol'], ...rows]));
  },
});
