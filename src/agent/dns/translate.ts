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

export function nodeAddress(settings: DnsSettings, place: Place, { Address, TaggedAddresses }: Node): string {
  const network = isTranslated(settings, place) ? 'wan' : 'lan';
  const main = network === 'wan' ? TaggedAddresses?.wan || Address : Address;
  return ofFamily(place.type, main, (family) => TaggedAddresses?.[`${network}_${family}`]);
}

/** Empty when the service has no address of its own. */
export function serviceAddress(settings: DnsSettings, place: Place, { Address, TaggedAddresses }: NodeService): string {
  const network = isTranslated(settings, place) ? 'wan' : 'lan';
  const main = network === 'wan' ? TaggedAddresses?.wan?.Address || Address : Address;
  return ofFamily(place.type, main, (family) => TaggedAddresses?.[`${network}_${family}`]?.Address);
}

export function servicePort(settings: DnsSettings, place: Place, { Port, TaggedAddresses }: NodeService): number {
  return (isTranslated(settings, place) ? TaggedAddresses?.wan?.Port : 0) || Port;
}

/** On two stacks the main address is of one family; the other one has a tag. */
function ofFamily(type: number, main: string, tagged: (family: 'ipv4' | 'ipv6') => string | undefined): string {
  if (type !== TYPE.A && type !== TYPE.AAAA) return main;
  const bytes = parseAddress(main);
  const length = type === TYPE.A ? 4 : 16;
  if (bytes === null || bytes.length === length) return main;
  return tagged(type === TYPE.A ? 'ipv4' : 'ipv6') || main;
}
