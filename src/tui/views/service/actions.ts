/** What can be done to instances of services. */
import { escapePath } from '../../../lib/go-url.ts';
import { type Action, shellLine } from '../../app/actions.ts';
import type { ViewContext } from '../view.ts';

export interface InstanceName {
  readonly node: string;
  readonly id: string;
  readonly name: string;
}

/** An agent takes only its own services in and out of service; the catalog's entries can be removed from anywhere. */
export function serviceActions(context: ViewContext, instances: readonly InstanceName[]): Action[] {
  if (instances.length === 0) return [];
  const own = context.datacenter.get().overview.node;
  const here = instances.filter(({ node }) => node === own);
  return [
    ...(here.length === instances.length ? [maintenance(context, here, true), maintenance(context, here, false)] : []),
    ...(here.length === instances.length ? [deregisterHere(context, here)] : []),
    deregisterOrphans(context, instances),
  ];
}

const idsOf = (instances: readonly InstanceName[]): string => instances.map(({ id }) => id).join(', ');

function maintenance({ source }: ViewContext, instances: readonly InstanceName[], enable: boolean): Action {
  return {
    title: enable ? 'Maintenance on' : 'Maintenance off',
    warning: enable ? 'Leaves DNS and health queries until it is off again.' : '',
    ...(enable && { fields: [{ name: 'reason', label: 'Reason', hint: 'shown to everybody who looks' }] }),
    command: ({ reason = '' }) =>
      instances.map(({ id }) =>
        shellLine('tc', 'maint', ...(enable ? ['-enable', `-reason=${reason}`] : ['-disable']), `-service=${id}`),
      ),
    async run({ reason = '' }, signal) {
      const params = enable ? { enable: 'true', reason } : { enable: 'false' };
      for (const { id } of instances) {
        await source.write({ method: 'PUT', path: `/v1/agent/service/maintenance/${escapePath(id)}`, params }, signal);
      }
      return `maintenance of ${idsOf(instances)} is ${enable ? 'on' : 'off'}`;
    },
  };
}

function deregisterHere({ source }: ViewContext, instances: readonly InstanceName[]): Action {
  return {
    title: 'Deregister',
    warning: 'The agent forgets the service and its checks.',
    command: () => instances.map(({ id }) => shellLine('tc', 'services', 'deregister', `-id=${id}`)),
    async run(_values, signal) {
      for (const { id } of instances) {
        await source.write({ method: 'PUT', path: `/v1/agent/service/deregister/${escapePath(id)}` }, signal);
      }
      return `${idsOf(instances)} deregistered`;
    },
  };
}

function deregisterOrphans({ source }: ViewContext, instances: readonly InstanceName[]): Action {
  const body = ({ node, id }: InstanceName) => ({ Node: node, ServiceID: id });
  return {
    title: 'Deregister from the catalog',
    warning: 'For orphans: instances whose agent is gone. A living agent registers them again within minutes.',
    command: () =>
      instances.map((each) =>
        shellLine('curl', '-X', 'PUT', '-d', JSON.stringify(body(each)), `${source.address}/v1/catalog/deregister`),
      ),
    async run(_values, signal) {
      for (const each of instances) {
        await source.write({ method: 'PUT', path: '/v1/catalog/deregister', body: body(each) }, signal);
      }
      return `${idsOf(instances)} deregistered from the catalog`;
    },
  };
}
