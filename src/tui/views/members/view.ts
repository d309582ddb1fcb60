/** The gossip pool, local or of all datacenters. Enter goes to the node; below, all that a member tells about itself. */
import type { AgentMember } from '../../../client/index.ts';
import { keyValueLines } from '../../components/key-values.ts';
import { plural } from '../../format.ts';
import { roundTrips } from '../../models/coordinates.ts';
import { byTrouble, memberStatus } from '../../models/member.ts';
import { derived } from '../../models/store.ts';
import { memberColumns, memberSubject } from '../../rows/member-row.ts';
import { memberStates } from '../../rows/state.ts';
import * as queries from '../../source/queries.ts';
import { sanitize, span } from '../../text.ts';
import { tablePage } from '../table-page.ts';
import type { Page, ViewContext, ViewDefinition } from '../view.ts';
import { memberActions } from './actions.ts';

export const membersView: ViewDefinition = {
  id: 'members',
  title: 'Members',
  aliases: ['mem', 'm', 'nodes'],
  help: 'The gossip pool: who is there, who has failed',
  open: (context, argument) => {
    const { members } = context.datacenter.feeds;
    return membersPage(context, 'Members', argument, { rows: members, run: async () => {} });
  },
};

export const wanView: ViewDefinition = {
  id: 'wan',
  title: 'WAN',
  aliases: [],
  help: 'Servers of all datacenters',
  open: (context, argument) => {
    const feed = context.feed(queries.wanMembers);
    return membersPage(context, 'WAN', argument, { rows: feed, run: feed.run });
  },
};

type Pool = Pick<Parameters<typeof tablePage<AgentMember>>[1], 'rows' | 'run'>;

function membersPage(context: ViewContext, crumb: string, filter: string, { rows, run }: Pool): Page {
  const { datacenter } = context;
  const coordinates = context.feed(queries.coordinates);
  const trips = derived([coordinates, datacenter], ({ value = [] }, { overview }) => roundTrips(value, overview.node));
  const page = tablePage(context, {
    crumb,
    noun: 'member',
    rows,
    run: async (signal) => {
      await Promise.all([run(signal), coordinates.run(signal)]);
    },
    keyOf: ({ Name }) => Name,
    columns: memberColumns((node) => trips.get()(node)),
    subject: memberSubject,
    order: byTrouble,
    name: ({ Name }) => Name,
    raw: (member) => member,
    enter: ({ Name }) =>
      context.go(
        'node',
        Name.replace(/\.[^.]*$/, (dc) => (crumb === 'WAN' ? '' : dc)),
      ),
    actions: (members) => memberActions(context, members),
    summary(members) {
      const failed = members.filter((member) => memberStatus(member) === 'failed').length;
      return failed === 0 ? [] : [span(`${plural(failed, 'member')} failed`, 'bad', { bold: true })];
    },
    detail(member, { width }) {
      const { sign, tone } = memberStates[memberStatus(member)];
      return {
        title: [span(`${sign} `, tone), span(sanitize(member.Name), 'plain', { bold: true }), span(' tags', 'muted')],
        lines: keyValueLines(member.Tags ?? {}, width),
      };
    },
    also: [coordinates],
  });
  page.filter?.set(filter);
  return page;
}
