import { defineCommand, explain } from '../../../cli/command.ts';
import { flag, formatFlag } from '../../../cli/flags.ts';
import { toJson, wantsJson } from '../../../cli/format.ts';
import { operatorApi } from '../../../client/operator.ts';

export default defineCommand({
  summary: 'Transfer raft leadership to another server',
  usage: 'operator raft transfer-leader [options]',
  description:
    'Makes another server the leader, without an election that has to wait for silence: before a restart of the leader, for one. Without -id the server that is most up to date takes over.',
  examples: [['operator raft transfer-leader', 'To whom is most up to date, before this one is stopped:']],
  http: 'all',
  flags: { id: flag.string('Server to become the leader, by id.'), format: formatFlag },
  flagsAnywhere: true,

  async run({ flags, out, http }) {
    const json = wantsJson(flags.format);
    const asked = operatorApi(http()).raftTransferLeader(flags.id === '' ? undefined : flags.id);
    await explain('Error transferring leadership', asked);
    out(json ? toJson({ Success: true }) : 'Success\n');
  },
});
