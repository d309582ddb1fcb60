import { CliError, defineCommand, explain } from '../cli/command.ts';
import { flag, formatFlag } from '../cli/flags.ts';
import { toJson, wantsJson } from '../cli/format.ts';
import { agentApi } from '../client/agent.ts';
import { agentServicesApi } from '../client/agent-services.ts';

const nodeMark = '_node_maintenance';
const serviceMark = '_service_maintenance:';

export default defineCommand({
  summary: 'Controls node or service maintenance mode',
  usage: 'maint [options]',
  description: `Takes a node or one of its services out of service, and back: a critical check marks it until maintenance ends, and nobody is sent there.

Without options it shows what of the agent is in maintenance.`,
  examples: [
    ['maint -enable -reason="disk swap"', 'Take the node out of service:'],
    ['maint -disable -service=web', 'Bring one service back:'],
  ],
  http: 'agent',
  flags: {
    enable: flag.bool('Switch maintenance on.'),
    disable: flag.bool('Switch maintenance off.'),
    reason: flag.string('Why, for those who look. Only with -enable.'),
    service: flag.string('Id of a service, instead of the node.'),
    format: formatFlag,
  },

  async run({ flags: { enable, disable, reason, service, format }, out, http }) {
    const json = wantsJson(format);
    if (enable && disable) throw new CliError('Only one of -enable or -disable may be provided');
    if (!enable && reason !== '') throw new CliError('Reason may only be provided with -enable');
    if (!enable && !disable && service !== '') throw new CliError('Service requires either -enable or -disable');
    const api = agentServicesApi(http());
    if (!enable && !disable) {
      const { Config } = await explain('Error querying Consul agent', agentApi(http()).self());
      const checks = await explain('Error querying Consul agent', api.checks());
      const marks = Object.values(checks);
      if (json) {
        const node = marks.find(({ CheckID }) => CheckID === nodeMark);
        const services = marks.filter(({ CheckID }) => CheckID.startsWith(serviceMark));
        return out(
          toJson({
            Node: node === undefined ? null : { Name: Config.NodeName, Reason: node.Notes },
            Services: services.map(({ ServiceID, Notes }) => ({ ID: ServiceID, Reason: Notes })),
          }),
        );
      }
      for (const { CheckID, ServiceID, Notes } of marks) {
        if (CheckID === nodeMark) out(`Node:\n  Name:   ${Config.NodeName}\n  Reason: ${Notes}\n\n`);
        else if (CheckID.startsWith(serviceMark)) out(`Service:\n  ID:     ${ServiceID}\n  Reason: ${Notes}\n\n`);
      }
      return;
    }
    const what = service === '' ? 'node' : 'service';
    const failed = `Error ${enable ? 'enabling' : 'disabling'} ${what} maintenance`;
    await explain(failed, api.setMaintenance(enable, reason, service === '' ? undefined : service));
    if (json) return out(toJson({ Service: service || null, Maintenance: enable }));
    const state = `maintenance is now ${enable ? 'enabled' : 'disabled'}`;
    out(service === '' ? `Node ${state}\n` : `Service ${state} for "${service}"\n`);
  },
});
