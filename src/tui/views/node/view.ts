/** One node: its services, checks, sessions, and what it says of itself. */
import type { AgentService, HealthCheck, SessionEntry } from '../../../client/index.ts';
import { checkKey, worstState } from '../../models/check.ts';
import { mapResource } from '../../models/feed.ts';
import { isServer, memberAddress, memberBuild, memberStatus } from '../../models/member.ts';
import { derived } from '../../models/store.ts';
import { byTrouble, checkDetail, checkSubject, nodeCheckColumns } from '../../rows/check-row.ts';
import type { Column } from '../../rows/column.ts';
import { checkStates, memberStates, stateCell } from '../../rows/state.ts';
import * as queries from '../../source/queries.ts';
import { type Line, sanitize, span } from '../../text.ts';
import { showOutput } from '../checks/view.ts';
import { keyValuePage } from '../key-value-page.ts';
import { memberActions } from '../members/actions.ts';
import { serviceActions } from '../service/actions.ts';
import { sessionActions } from '../sessions/actions.ts';
import { tabbedPage } from '../tabbed-page.ts';
import { tablePage } from '../table-page.ts';
import type { Page, ViewContext, ViewDefinition } from '../view.ts';

export const nodeView: ViewDefinition = {
  id: 'node',
  title: 'Node',
  aliases: ['n'],
  help: 'One node: services, checks, sessions, tags',
  needsArgument: true,
  parent: 'members',
  complete: ({ datacenter }) => (datacenter.get().members.value ?? []).map(({ Name }) => Name),
  open: openNode,
};

interface NodeService {
  readonly service: AgentService;
  readonly checks: readonly HealthCheck[];
}

function openNode(context: ViewContext, name: string): Page {
  const services = context.feed(queries.nodeServices(name));
  const checks = context.feed(queries.nodeChecks(name));
  const sessions = context.feed(queries.nodeSessions(name));
  const joined = derived([services, checks], (resource, { value: all = [] }) =>
    mapResource(resource, (node): readonly NodeService[] =>
      Object.values(node?.Services ?? {}).map((service) => ({
        service,
        checks: all.filter(({ ServiceID }) => ServiceID === service.ID),
      })),
    ),
  );
  const facts = derived([context.datacenter, services], ({ members }, { value: node }) => {
    const member = members.value?.find(({ Name }) => Name === name);
    return {
      ...(node && { id: node.Node.ID, address: node.Node.Address, datacenter: node.Node.Datacenter }),
      ...(member && {
        status: memberStatus(member),
        gossip: memberAddress(member),
        type: isServer(member) ? 'server' : 'client',
        build: memberBuild(member),
      }),
      ...prefixed('meta.', node?.Node.Meta),
      ...prefixed('tagged.', node?.Node.TaggedAddresses),
      ...prefixed('tag.', member?.Tags),
    };
  });

  const servicesPage = tablePage<NodeService>(context, {
    crumb: 'Services',
    noun: 'service',
    rows: joined,
    run: async (signal) => {
      await Promise.all([services.run(signal), checks.run(signal)]);
    },
    keyOf: ({ service }) => service.ID,
    columns: nodeServiceColumns,
    subject: ({ service, checks: own }) => ({
      text: `${service.Service} ${service.ID} ${service.Address} ${service.Port}`,
      state: worstState(own),
      tags: service.Tags ?? [],
    }),
    name: ({ service }) => service.ID,
    raw: ({ service }) => service,
    enter: ({ service }) => context.go('service', service.Service),
    actions: (rows) =>
      serviceActions(
        context,
        rows.map(({ service }) => ({ node: name, id: service.ID, name: service.Service })),
      ),
    empty: 'no services on this node',
    summary: () => statusOf(context, name),
  });
  const checksPage = tablePage<HealthCheck>(context, {
    crumb: 'Checks',
    noun: 'check',
    rows: checks,
    run: async () => {},
    keyOf: checkKey,
    columns: nodeCheckColumns,
    subject: checkSubject,
    order: byTrouble,
    name: ({ CheckID }) => CheckID,
    raw: (check) => check,
    enter: (check) => showOutput(context, check),
    detail: (check, { width }) => checkDetail(check, width),
    summary: () => statusOf(context, name),
  });
  const sessionsPage = tablePage<SessionEntry>(context, {
    crumb: 'Sessions',
    noun: 'session',
    rows: sessions,
    run: sessions.run,
    keyOf: ({ ID }) => ID,
    columns: [
      { title: 'Name', width: 16, grow: 2, cell: ({ Name }) => span(sanitize(Name) || '–', 'plain', { bold: true }) },
      { title: 'TTL', width: 6, align: 'right', cell: ({ TTL }) => span(TTL || '–') },
      { title: 'Behavior', width: 8, cell: ({ Behavior }) => span(Behavior) },
      { title: 'ID', width: 36, cell: ({ ID }) => span(ID, 'muted') },
    ],
    subject: ({ Name, ID, Behavior }) => ({ text: `${Name} ${ID} ${Behavior}` }),
    name: ({ ID }) => ID,
    raw: (session) => session,
    actions: (rows) => sessionActions(context, rows),
    empty: 'no sessions on this node',
  });
  const factsPage = keyValuePage(context, {
    crumb: 'About',
    values: facts,
    raw: () => ({
      member: context.datacenter.get().members.value?.find(({ Name }) => Name === name),
      node: services.get().value?.Node,
    }),
    actions: () =>
      memberActions(
        context,
        (context.datacenter.get().members.value ?? []).filter(({ Name }) => Name === name),
      ),
  });
  return tabbedPage({ crumb: name, pages: [servicesPage, checksPage, sessionsPage, factsPage] });
}

const nodeServiceColumns: readonly Column<NodeService>[] = [
  {
    title: 'State',
    width: 13,
    cell: ({ checks }) => stateCell(checkStates[worstState(checks)], worstState(checks)),
  },
  {
    title: 'Service',
    width: 14,
    grow: 3,
    cell: ({ service }) => span(sanitize(service.Service), 'plain', { bold: true }),
  },
  { title: 'ID', width: 14, grow: 3, cell: ({ service }) => span(sanitize(service.ID), 'value') },
  {
    title: 'Address',
    width: 12,
    grow: 1,
    from: 70,
    cell: ({ service }) => span(sanitize(`${service.Address}${service.Port > 0 ? `:${service.Port}` : ''}`)),
  },
  {
    title: 'Checks',
    width: 6,
    align: 'right',
    cell: ({ checks }) => span(String(checks.length), 'muted'),
    sortBy: ({ checks }) => checks.length,
  },
  {
    title: 'Tags',
    width: 8,
    grow: 3,
    from: 60,
    cell: ({ service }) => span(sanitize((service.Tags ?? []).join(' ')), 'muted'),
  },
];

function statusOf({ datacenter }: ViewContext, name: string): Line {
  const member = datacenter.get().members.value?.find(({ Name }) => Name === name);
  if (member === undefined) return [span('not in the gossip pool', 'muted')];
  const status = memberStatus(member);
  return [stateCell(memberStates[status], status)];
}

function prefixed(prefix: string, values: Readonly<Record<string, string>> | null | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [`${prefix}${key}`, value]));
}
