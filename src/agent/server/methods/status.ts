/** Status.*: who leads, who votes. */
import { formatDuration, nsPerMs } from '../../../lib/duration.ts';
import { RpcError } from '../../errors.ts';
import { answer, type MethodTable } from '../context.ts';

export const statusMethods: MethodTable = {
  'Status.Ping': { kind: 'procedure', by: 'anybody', run: () => answer({}) },
  'Status.Leader': {
    kind: 'procedure',
    by: 'anybody',
    run: ({ raft }) => answer(raft.leadership.leader?.address ?? ''),
  },
  'Status.Peers': {
    kind: 'procedure',
    by: 'anybody',
    run: ({ raft }) => answer(raft.stats().configuration.servers.map((server) => server.address)),
  },
  'Status.ReadIndex': {
    kind: 'procedure',
    by: 'anybody',
    async run({ raft, isReady }, { Verified = false }) {
      // By this server alone: whoever asks has chosen it as the leader.
      if (!isReady()) throw new RpcError('node is not the leader');
      if (Verified || !raft.hasLease()) await raft.verifyLeader();
      return answer({ Index: raft.commitIndex });
    },
  },
  'Status.RaftStats': {
    kind: 'procedure',
    by: 'anybody',
    run({ raft }) {
      const { lastContactMs, lastLogTerm, lastLogIndex } = raft.stats();
      const LastContact =
        lastContactMs === null ? 'never' : lastContactMs === 0 ? '0' : formatDuration(lastContactMs * nsPerMs);
      return answer({ LastContact, LastTerm: lastLogTerm, LastIndex: lastLogIndex });
    },
  },
};
