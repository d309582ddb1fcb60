/** The servers as Raft and autopilot see them, autopilot's rules, and what the agent tells of its own Raft. */

import { keyValueLines } from '../../components/key-values.ts';
import type { ServerRow } from '../../models/overview.ts';
import { newestIndex } from '../../models/overview.ts';
import { derived } from '../../models/store.ts';
import { serverColumns } from '../../rows/server-row.ts';
import * as queries from '../../source/queries.ts';
import { type Line, sanitize, span } from '../../text.ts';
import { keyValuePage } from '../key-value-page.ts';
import { tabbedPage } from '../tabbed-page.ts';
import { tablePage } from '../table-page.ts';
import type { Page, ViewContext, ViewDefinition } from '../view.ts';
import { raftActions } from './actions.ts';

export const raftView: ViewDefinition = {
  id: 'raft',
  title: 'Raft',
  aliases: ['servers', 'autopilot', 'peers'],
  help: 'Servers, votes, indexes, lag; autopilot',
  open: openRaft,
};

function openRaft(context: ViewContext): Page {
  const { datacenter } = context;
  const autopilot = context.feed(queries.autopilotConfiguration);
  const servers = tablePage<ServerRow>(context, {
    crumb: 'Servers',
    noun: 'server',
    rows: derived([datacenter], ({ raft, members, overview }) => ({
      ...(raft.value === undefined && 'failure' in raft.link ? { ...members, link: raft.link } : raft),
      value: overview.servers.length === 0 && members.value === undefined ? undefined : overview.servers,
    })),
    run: async () => {},
    keyOf: ({ id, address }) => id || address,
    columns: serverColumns(() => newestIndex(datacenter.get().overview.servers)),
    subject: ({ node, address, leader, voter, health }) => ({
      text: `${node} ${address} ${leader ? 'leader' : voter ? 'voter' : 'nonvoter'}`,
      state: health === undefined ? 'unknown' : health.Healthy ? 'healthy' : 'unhealthy',
    }),
    name: ({ node }) => node,
    raw: ({ id, health }) => ({ server: datacenter.get().raft.value?.Servers.find(({ ID }) => ID === id), health }),
    enter: ({ node }) => context.go('node', node),
    actions: (rows) => raftActions(context, rows),
    summary: () => toleranceNote(context),
    detail: (server, { width }) => ({
      title: [span(sanitize(server.node), 'plain', { bold: true }), span(' as autopilot sees it', 'muted')],
      lines: keyValueLines(stringsOf(server.health ?? {}), width),
    }),
  });
  const config = keyValuePage(context, {
    crumb: 'Autopilot',
    values: derived([autopilot], ({ value, link }) =>
      value === undefined ? { state: 'failure' in link ? link.failure.message : link.kind } : stringsOf(value),
    ),
    raw: () => autopilot.get().value,
  });
  const own = keyValuePage(context, {
    crumb: 'This agent',
    values: derived(
      [datacenter],
      ({ agent }) => agent.value?.Stats?.['raft'] ?? { raft: 'this agent has no Raft of its own, or may not tell' },
    ),
    raw: () => datacenter.get().agent.value?.Stats,
  });
  return tabbedPage({ crumb: 'Raft', pages: [servers, config, own], run: autopilot.run });
}

function stringsOf(object: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function toleranceNote({ datacenter }: ViewContext): Line {
  const { autopilot } = datacenter.get();
  if (autopilot.value === undefined) return [];
  const { FailureTolerance, Healthy } = autopilot.value;
  return [
    span(Healthy ? 'healthy' : 'not healthy', Healthy ? 'good' : 'bad', { bold: !Healthy }),
    span(`, ${FailureTolerance} may fail`, FailureTolerance === 0 ? 'warn' : 'muted'),
  ];
}
