/** What can be done to members and nodes. */

import type { AgentMember } from '../../../client/index.ts';
import { escapePath } from '../../../lib/go-url.ts';
import { type Action, shellLine } from '../../app/actions.ts';
import { memberStatus } from '../../models/member.ts';
import type { ViewContext } from '../view.ts';

export function memberActions(context: ViewContext, members: readonly AgentMember[]): Action[] {
  const gone = members.filter((member) => ['failed', 'leaving', 'left'].includes(memberStatus(member)));
  const names = members.map(({ Name }) => Name);
  const actions: Action[] = [];
  if (gone.length > 0) {
    actions.push(forceLeave(context, gone, false), forceLeave(context, gone, true));
  }
  const own = context.datacenter.get().overview.node;
  if (names.length === 1 && names[0] === own) actions.push(...nodeMaintenanceActions(context));
  if (names.length > 0) actions.push(deregisterNodes(context, names));
  return actions;
}

function forceLeave({ source }: ViewContext, members: readonly AgentMember[], prune: boolean): Action {
  const names = members.map(({ Name }) => Name);
  return {
    title: prune ? 'Force-leave and prune' : 'Force-leave',
    warning: prune
      ? 'The member is taken off the list at once.'
      : 'The member is told to be gone; if it is alive it comes back.',
    command: () => names.map((name) => shellLine('tc', 'force-leave', ...(prune ? ['-prune'] : []), name)),
    async run(_values, signal) {
      for (const name of names) {
        const path = `/v1/agent/force-leave/${escapePath(name)}`;
        await source.write({ method: 'PUT', path, ...(prune && { params: { prune: '1' } }) }, signal);
      }
      return `${names.join(', ')} forced to leave`;
    },
  };
}

/** An agent takes only itself out of service: maintenance of other nodes is set on them. */
export function nodeMaintenanceActions({ source }: ViewContext): Action[] {
  const set = (enable: boolean): Action => ({
    title: enable ? 'Maintenance on' : 'Maintenance off',
    warning: enable ? 'Everything on this node leaves DNS and health queries.' : '',
    ...(enable && { fields: [{ name: 'reason', label: 'Reason', hint: 'shown to everybody who looks' }] }),
    command: ({ reason = '' }) =>
      enable ? shellLine('tc', 'maint', '-enable', `-reason=${reason}`) : shellLine('tc', 'maint', '-disable'),
    async run({ reason = '' }, signal) {
      const params = enable ? { enable: 'true', reason } : { enable: 'false' };
      await source.write({ method: 'PUT', path: '/v1/agent/maintenance', params }, signal);
      return `maintenance of this node is ${enable ? 'on' : 'off'}`;
    },
  });
  return [set(true), set(false)];
}

export function deregisterNodes({ source }: ViewContext, names: readonly string[]): Action {
  return {
    title: 'Deregister from the catalog',
    warning: 'For orphans. A living agent registers itself again within minutes.',
    command: () =>
      names.map((Node) =>
        shellLine('curl', '-X', 'PUT', '-d', JSON.stringify({ Node }), `${source.address}/v1/catalog/deregister`),
      ),
    async run(_values, signal) {
      for (const Node of names) {
        await source.write({ method: 'PUT', path: '/v1/catalog/deregister', body: { Node } }, signal);
      }
      return `${names.join(', ')} deregistered`;
    },
  };
}
