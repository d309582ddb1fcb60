/** Which services stand behind which gateways: what the config entries of gateways say, wildcards spelled out. */

import { GatewayService } from '../../structs/catalog.ts';
import type { IngressGatewayConfigEntry, TerminatingGatewayConfigEntry } from '../../structs/config-entry.ts';
import { make } from '../../structs/make.ts';
import { entriesOf, isHttpLike, protocolOf } from './discovery-chain/entries.ts';
import { type ConfigEntryRow, configEntryKey, type ServiceRow, topics } from './schema.ts';
import { maxIndex, type State } from './store.ts';
import { part } from './table.ts';
import type { WatchSet } from './watches.ts';

export const gatewayKinds = ['ingress-gateway', 'terminating-gateway'] as const;
export type GatewayKind = (typeof gatewayKinds)[number];

/** Its own entry of the index table. */
export const gatewayIndexKey = 'gateway-services';

/** The last change of any gateway, for those who read about gateways. */
export const gatewayIndex = (state: State): number => maxIndex(state, gatewayIndexKey);

/** The services of one gateway. */
export function servicesOfGateway(state: State, watch: WatchSet, gateway: string): GatewayService[] {
  return gatewayKinds.flatMap((kind) => {
    watch.topic(topics.configEntry(kind, gateway));
    const entry = state.tables.configEntries.get(configEntryKey(kind, gateway));
    return entry === undefined ? [] : servicesOfEntry(state, watch, entry);
  });
}

/** All pairs of gateways and services; with `service`, those of one. */
export function allGatewayServices(state: State, watch: WatchSet, service?: string): GatewayService[] {
  return gatewayKinds.flatMap((kind) => {
    watch.topic(topics.configKind(kind));
    const entries = state.tables.configEntries.rows.values(kind + part);
    const all = entries.flatMap((entry) => servicesOfEntry(state, watch, entry));
    return service === undefined ? all : all.filter((one) => one.Service.Name === service);
  });
}

function servicesOfEntry(state: State, watch: WatchSet, entry: ConfigEntryRow): GatewayService[] {
  return entry.Kind === 'ingress-gateway'
    ? ofIngress(state, watch, entry as unknown as IngressGatewayConfigEntry)
    : ofTerminating(state, watch, entry as unknown as TerminatingGatewayConfigEntry);
}

/** What a wildcard stands for: ordinary services, without the servers themselves. */
function ordinaryServices(state: State, watch: WatchSet): string[] {
  watch.topic('services');
  const names = state.tables.services.by('kind', '').map(({ Service }) => Service.Service);
  return [...new Set(names)].filter((name) => name !== 'consul').sort();
}

function ofTerminating(state: State, watch: WatchSet, entry: TerminatingGatewayConfigEntry): GatewayService[] {
  const links = entry.Services ?? [];
  const named = new Set(links.map(({ Name }) => Name));
  return links.flatMap((link) => {
    const names = link.Name === '*' ? ordinaryServices(state, watch).filter((name) => !named.has(name)) : [link.Name];
    return names.map((Name) =>
      make(GatewayService, {
        Gateway: { Name: entry.Name },
        Service: { Name },
        GatewayKind: 'terminating-gateway',
        CAFile: link.CAFile,
        CertFile: link.CertFile,
        KeyFile: link.KeyFile,
        SNI: link.SNI,
        FromWildcard: link.Name === '*',
        CreateIndex: entry.ModifyIndex,
        ModifyIndex: entry.ModifyIndex,
      }),
    );
  });
}

function ofIngress(state: State, watch: WatchSet, entry: IngressGatewayConfigEntry): GatewayService[] {
  return (entry.Listeners ?? []).flatMap(({ Port, Protocol, Services }) => {
    const named = new Set((Services ?? []).map(({ Name }) => Name));
    return (Services ?? []).flatMap(({ Name: name, Hosts }) => {
      const names = name === '*' ? ordinaryServices(state, watch).filter((one) => !named.has(one)) : [name];
      const fitting =
        name === '*' ? names.filter((one) => isHttpLike(protocolOf(entriesOf(state, watch), one))) : names;
      return fitting.map((Name) =>
        make(GatewayService, {
          Gateway: { Name: entry.Name },
          Service: { Name },
          GatewayKind: 'ingress-gateway',
          Port,
          Protocol,
          Hosts,
          FromWildcard: name === '*',
          CreateIndex: entry.ModifyIndex,
          ModifyIndex: entry.ModifyIndex,
        }),
      );
    });
  });
}

export interface GatewayRows {
  readonly rows: ServiceRow[];
  /** The last change of what says that they stand before the service; 0 when none does. */
  readonly index: number;
}

/** Instances of the gateways of a kind that stand before a service. */
export function gatewaysOfService(state: State, watch: WatchSet, service: string, kind: GatewayKind): GatewayRows {
  watch.topic(topics.configKind(kind));
  // Nothing to look at in most datacenters.
  if (state.tables.configEntries.rows.values(kind + part).length === 0) return { rows: [], index: 0 };
  const pairs = allGatewayServices(state, watch, service).filter(({ GatewayKind }) => GatewayKind === kind);
  const names = [...new Set(pairs.map(({ Gateway }) => Gateway.Name))];
  const rows = names.flatMap((name) => {
    watch.topic(topics.service(name));
    return state.tables.services.by('name', name.toLowerCase()).filter(({ Service }) => Service.Kind === kind);
  });
  return { rows, index: Math.max(0, ...pairs.map(({ ModifyIndex }) => ModifyIndex)) };
}
