/** Which of its addresses an instance is shown with: other datacenters may have to come in from outside. */
import type { Node, NodeService } from '../../structs/catalog.ts';
import { parseAddress } from './address.ts';
import type { DnsSettings } from './settings.ts';
import { TYPE } from './wire/numbers.ts';

/** Where the instance is, and which kind of address is asked for. */
export interface Place {
  readonly datacenter: string;
  readonly type: number;
}

const isTranslated = (settings: DnsSettings, { datacenter }: Place): boolean =>
  settings.translateWanAddrs && datacenter !== settings.datacenter;

/** Tags of the addresses of one family, by network. */
const tags = {
  lan: { ipv4: 'lan_ipv4', ipv6: 'lan_ipv6' },
  wan: { ipv4: 'wan_ipv4', ipv6: 'wan_ipv6' },
} as const;

export function nodeAddress(settings: DnsSettings, place: Place, { Address, TaggedAddresses }: Node): string {
  const network = isTranslated(settings, place) ? 'wan' : 'lan';
  const main = network === 'wan' ? TaggedAddresses?.wan || Address : Address;
  return ofFamily(place.type, main, (family) => TaggedAddresses?.[tags[network][family]]);
}

/** Empty when the service has no address of its own. */
export function serviceAddress(settings: DnsSettings, place: Place, { Address, TaggedAddresses }: NodeService): string {
  const network = isTranslated(settings, place) ? 'wan' : 'lan';
  const main = network === 'wan' ? TaggedAddresses?.wan?.Address || Address : Address;
  return ofFamily(place.type, main, (family) => TaggedAddresses?.[tags[network][family]]?.Address);
}

export function servicePort(settings: DnsSettings, place: Place, { Port, TaggedAddresses }: NodeService): number {
  return (isTranslated(settings, place) ? TaggedAddresses?.wan?.Port : 0) || Port;
}

/** On two stacks the main address is of one family; the other one has a tag. */
function ofFamily(type: number, main: string, tagged: (family: 'ipv4' | 'ipv6') => string | undefined): string {
  if (type !== TYPE.A && type !== TYPE.AAAA) return main;
  const other = tagged(type === TYPE.A ? 'ipv4' : 'ipv6');
  // So it is with nearly all: nothing has to be parsed to see it.
  if (!other || other === main) return main;
  const bytes = parseAddress(main);
  return bytes === null || bytes.length === (type === TYPE.A ? 4 : 16) ? main : other;
}
