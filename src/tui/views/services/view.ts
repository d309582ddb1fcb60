/** All services, the worst first. Enter goes to the instances. */
import { plural } from '../../format.ts';
import { mapResource } from '../../models/feed.ts';
import { byTrouble, type ServiceHealth, serviceHealth } from '../../models/service-health.ts';
import { derived } from '../../models/store.ts';
import { serviceColumns, serviceSubject } from '../../rows/service-row.ts';
import { span } from '../../text.ts';
import { tablePage } from '../table-page.ts';
import type { ViewDefinition } from '../view.ts';

export const servicesView: ViewDefinition = {
  id: 'services',
  title: 'Services',
  aliases: ['svcs', 's'],
  help: 'All services by the health of their instances',
  open(context, argument) {
    const { services, checks } = context.datacenter.feeds;
    const page = tablePage<ServiceHealth>(context, {
      crumb: 'Services',
      noun: 'service',
      // Without the right to see checks the names are still there; until it is known nothing is.
      rows: derived([services, checks], (resource, { value, link }) =>
        value === undefined && link.kind === 'connecting'
          ? { ...resource, link, value: undefined }
          : mapResource(resource, (names) => serviceHealth(names, value ?? [])),
      ),
      run: async () => {},
      keyOf: ({ name }) => name,
      columns: serviceColumns,
      subject: serviceSubject,
      order: byTrouble,
      name: ({ name }) => name,
      raw: (service) => service,
      enter: ({ name }) => context.go('service', name),
      summary(all) {
        const critical = all.filter(({ state }) => state === 'critical').length;
        return critical === 0 ? [] : [span(`${plural(critical, 'service')} critical`, 'bad', { bold: true })];
      },
    });
    page.filter?.set(argument);
    return page;
  },
};
