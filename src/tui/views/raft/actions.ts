/** What can be done to the servers, and to what they hold together. */
import { type Action, shellLine } from '../../app/actions.ts';
import { bytes } from '../../format.ts';
import type { ServerRow } from '../../models/overview.ts';
import { SourceError } from '../../source/source.ts';
import type { ViewContext } from '../view.ts';

export function raftActions(context: ViewContext, servers: readonly ServerRow[]): Action[] {
  const [server] = servers;
  const one = servers.length === 1 && server !== undefined;
  return [
    ...(one && !server.leader && server.voter ? [transferLeadership(context, server)] : []),
    ...(one && !server.leader ? [removePeer(context, server)] : []),
    saveSnapshot(context),
  ];
}

function transferLeadership({ source }: ViewContext, { id, node }: ServerRow): Action {
  return {
    title: `Make ${node} the leader`,
    warning: 'Writes wait for the moment of the change.',
    command: () => shellLine('tc', 'operator', 'raft', 'transfer-leader', `-id=${id}`),
    async run(_values, signal) {
      await source.write({ method: 'POST', path: '/v1/operator/raft/transfer-leader', params: { id } }, signal);
      return `leadership goes to ${node}`;
    },
  };
}

function removePeer({ source }: ViewContext, { id, node }: ServerRow): Action {
  return {
    title: `Remove ${node} from Raft`,
    warning: 'For servers that never come back. It loses its vote and gets no more entries.',
    command: () => shellLine('tc', 'operator', 'raft', 'remove-peer', `-id=${id}`),
    async run(_values, signal) {
      await source.write({ method: 'DELETE', path: '/v1/operator/raft/peer', params: { id } }, signal);
      return `${node} is removed from Raft`;
    },
  };
}

function saveSnapshot({ source, save }: ViewContext): Action {
  return {
    title: 'Save a snapshot',
    fields: [{ name: 'file', label: 'File', initial: 'backup.snap', hint: 'must not exist yet', required: true }],
    command: ({ file = '' }) => shellLine('tc', 'snapshot', 'save', file),
    async run({ file = '' }, signal) {
      try {
        const size = await save(file, await source.download('/v1/snapshot', signal));
        return `${bytes(size)} are in ${file}`;
      } catch (error) {
        if (error instanceof SourceError) throw error;
        throw new SourceError({ kind: 'refused', message: (error as Error).message }, { cause: error });
      }
    },
  };
}
