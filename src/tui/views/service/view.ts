/** One service: its instances and the history of their states while the page is open. Enter goes to the checks. */
import type { HealthCheck, ServiceEntry } from '../../../client/index.ts';
import { timeOfDay } from '../../format.ts';
import { checkKey, checkState } from '../../models/check.ts';
import { mapResource } from '../../models/feed.ts';
import { instanceKey, type StateChange, stateChanges } from '../../models/state-changes.ts';
import { createStore, derived } from '../../models/store.ts';
import { byTrouble, checkDetail, checkSubject, nodeCheckColumns, outputLines } from '../../rows/check-row.ts';
import {
  instanceAddress,
  instanceColumns,
  instanceOrder,
  instanceState,
  instanceSubject,
} from '../../rows/service-row.ts';
import { checkStates } from '../../rows/state.ts';
import * as queries from '../../source/queries.ts';
import { type Line, sanitize, span } from '../../text.ts';
import { showOutput } from '../checks/view.ts';
import { tabbedPage } from '../tabbed-page.ts';
import { tablePage } from '../table-page.ts';
import type { Page, Size, ViewContext, ViewDefinition } from '../view.ts';
import { serviceActions } from './actions.ts';
import { watchersPage } from './watchers.ts';

export const serviceView: ViewDefinition = {
  id: 'service',
  title: 'Service',
  aliases: ['svc'],
  help: 'The instances of a service',
  needsArgument: true,
  parent: 'services',
  complete: ({ datacenter }) => Object.keys(datacenter.get().services.value ?? {}).sort(),
  open: openService,
};

function openService(context: ViewContext, name: string): Page {
  const watchers = context.feed(queries.watchers(name));
  const instances = instancesPage(context, name);
  const watchedBy = watchersPage(context, watchers);
  const tabs = tabbedPage({
    crumb: name,
    pages: [instances, watchedBy],
    isShown: (page) =>
      page !== watchedBy || watchers.get().value !== undefined || watchers.get().link.kind === 'denied',
    run: watchers.run,
  });
  return { ...tabs, printout: instances.printout };
}

function instancesPage(context: ViewContext, name: string): Page {
  const instances = context.feed(queries.instances(name));
  const changes = createStore<readonly StateChange[]>([]);
  let before: readonly ServiceEntry[] | undefined;
  return tablePage<ServiceEntry>(context, {
    crumb: 'Instances',
    noun: 'instance',
    rows: instances,
    async run(signal) {
      const stop = instances.subscribe(() => {
        const { value } = instances.get();
        if (value === undefined || value === before) return;
        changes.update((known) =>
          before === undefined ? known : stateChanges(before, value, context.clock.wallMs(), known),
        );
        before = value;
      });
      await instances.run(signal);
      stop();
    },
    keyOf: instanceKey,
    columns: instanceColumns,
    subject: instanceSubject,
    order: instanceOrder,
    name: ({ Service }) => Service.ID,
    raw: (entry) => entry,
    enter: (entry) => context.go('instance', `${entry.Node.Node}/${name}/${entry.Service.ID}`),
    actions: (rows) =>
      serviceActions(
        context,
        rows.map(({ Node, Service }) => ({ node: Node.Node, id: Service.ID, name: Service.Service })),
      ),
    empty: 'no instances: the service is gone',
    detail: (entry, size) => instanceDetail(entry, changes.get(), size),
    summary: (all) => [span(dnsName(context, name), 'muted'), span(all.length > 0 ? '' : ' answers NXDOMAIN', 'warn')],
    also: [changes],
  });
}

function dnsName({ datacenter }: ViewContext, service: string): string {
  const { datacenter: dc } = datacenter.get().overview;
  return `${service}.service.${dc === '' ? '' : `${dc}.`}consul`;
}

function instanceDetail(
  entry: ServiceEntry,
  changes: readonly StateChange[],
  { width, height }: Size,
): { title: Line; lines: Line[] } {
  const state = instanceState(entry);
  const { sign, tone } = checkStates[state];
  const { Node, Service, Checks } = entry;
  const meta = Object.entries(Service.Meta ?? {}).map(([key, value]) => `${key}=${value}`);
  const checks = Checks.toSorted(byTrouble).flatMap((check): Line[] => {
    const state = checkState(check);
    const look = checkStates[state];
    const [first = [], ...rest] = outputLines(check.Output, Math.max(10, width - 2));
    const name: Line = [span(`${look.sign} `, look.tone), span(sanitize(check.Name), 'plain', { bold: true })];
    // What is wrong is worth more than one line.
    return state === 'passing'
      ? [[...name, span(' '), ...first]]
      : [name, ...[first, ...rest].map((line) => [span('  '), ...line])];
  });
  const history = changes.map((change): Line => {
    const look = change.to === undefined ? undefined : checkStates[change.to];
    return [
      span(`${timeOfDay(change.atMs)} `, 'muted'),
      span(`${look?.sign ?? '○'} `, look?.tone ?? 'muted'),
      span(sanitize(`${change.instance} on ${change.node}: `)),
      span(`${change.from ?? 'new'} → ${change.to ?? 'gone'}`, look?.tone ?? 'muted'),
    ];
  });
  const room = Math.max(0, height - checks.length - 3);
  return {
    title: [
      span(`${sign} `, tone),
      span(sanitize(Service.ID), 'plain', { bold: true }),
      span(` on ${sanitize(Node.Node)}`, 'muted'),
    ],
    lines: [
      [
        span(sanitize(instanceAddress(entry)), 'value'),
        span(meta.length === 0 ? '' : `  ${sanitize(meta.join(' ')).slice(0, width)}`, 'muted'),
      ],
      ...checks,
      ...(history.length === 0 ? [] : [[span('Changes while open', 'accent')], ...history.slice(0, room)]),
    ],
  };
}

export const instanceView: ViewDefinition = {
  id: 'instance',
  title: 'Instance',
  aliases: [],
  help: 'The checks of one instance (node/service/id)',
  needsArgument: true,
  parent: 'services',
  open(context, argument) {
    const [node = '', service = '', ...rest] = argument.split('/');
    // Ids are whatever people like, slashes included; without one it is the service's name.
    const id = rest.length === 0 ? service : rest.join('/');
    const instances = context.feed(queries.instances(service));
    return tablePage<HealthCheck>(context, {
      crumb: `${id} on ${node}`,
      noun: 'check',
      rows: derived([instances], (resource) =>
        mapResource(
          resource,
          (all) => all.find((each) => each.Node.Node === node && each.Service.ID === id)?.Checks ?? [],
        ),
      ),
      run: instances.run,
      keyOf: checkKey,
      columns: nodeCheckColumns,
      subject: checkSubject,
      order: byTrouble,
      name: ({ CheckID }) => CheckID,
      raw: (check) => check,
      enter: (check) => showOutput(context, check),
      actions: () => serviceActions(context, [{ node, id, name: service }]),
      detail: (check, { width }) => checkDetail(check, width),
      empty: 'no checks: the instance counts as passing, or it is gone',
    });
  },
};
