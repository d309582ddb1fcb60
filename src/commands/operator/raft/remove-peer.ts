import { CliError, defineCommand, explain } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { operatorApi } from '../../../client/operator.ts';

export default defineCommand({
  summary: 'Remove a Consul server from the Raft configuration',
  usage: 'operator raft remove-peer [options]',
  description:
    'Takes a server that will not come back out of the raft group. For a server that can still run, "tc leave" there is the better way.',
  examples: [['operator raft remove-peer -address=10.0.0.13:8300', 'A server that will not come back:']],
  http: 'all',
  flags: {
    address: flag.string('Server to remove, by address and port.'),
    id: flag.string('Server to remove, by id.'),
    format: formatFlag,
  },

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    const { id, address } = flags;
    if (id === '' && address === '') {
      throw new CliError('Error removing peer: an address or id is required for the peer to remove');
    }
    if (id !== '' && address !== '') throw new CliError('Error removing peer: cannot give both an address and id');
    await explain('Error removing peer', operatorApi(http()).raftRemovePeer(id === '' ? { address } : { id }));
    if (json) out(toJson({ Removed: id === '' ? { Address: address } : { ID: id } }));
    else out(id === '' ? `Removed peer with address "${address}"\n` : `Removed peer with id "${id}"\n`);
  },
});
