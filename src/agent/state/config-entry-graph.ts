/** Config entries that refer to each other must fit together: a change that would break a chain or a gateway is refused. */
import { goQuote } from '../../lib/go-format.ts';
import type { IngressGatewayConfigEntry } from '../../structs/config-entry.ts';
import type { ServiceIntentionsConfigEntry } from '../../structs/intention.ts';
import { ChainError, compileChain } from './discovery-chain/compile.ts';
import { entriesOf, isHttpLike } from './discovery-chain/entries.ts';
import type { ConfigEntryRow } from './schema.ts';
import { CommandError, type State } from './store.ts';
import { part } from './table.ts';
import { watchNothing } from './watches.ts';

const chainKinds = ['service-router', 'service-splitter', 'service-resolver'] as const;
const chainParts: ReadonlySet<string> = new Set(['service-defaults', ...chainKinds]);

/** Throws CommandError when the entries of the state, one of which has just been changed, do not go together. */
export function checkEntryGraph(state: State, kind: string, name: string): void {
  try {
    if (chainParts.has(kind) || kind === 'proxy-defaults') {
      const chains = new Set(chainParts.has(kind) ? [name] : []);
      for (const one of chainKinds) for (const entry of ofKind(state, one)) chains.add(entry.Name as string);
      for (const service of chains) protocolOfChain(state, service);
      for (const gateway of ofKind(state, 'ingress-gateway')) checkIngress(state, gateway as IngressGatewayConfigEntry);
      for (const entry of ofKind(state, 'service-intentions')) {
        checkIntentions(state, entry as unknown as ServiceIntentionsConfigEntry);
      }
    } else if (kind === 'ingress-gateway' || kind === 'terminating-gateway') {
      checkGatewayName(state, kind, name);
      const gateway = state.tables.configEntries.get(`ingress-gateway${part}${name.toLowerCase()}`);
      if (kind === 'ingress-gateway' && gateway !== undefined)
        checkIngress(state, gateway as IngressGatewayConfigEntry);
    } else if (kind === 'service-intentions') {
      const entry = state.tables.configEntries.get(kind + part + name.toLowerCase());
      if (entry !== undefined) checkIntentions(state, entry as unknown as ServiceIntentionsConfigEntry);
    }
  } catch (error) {
    throw error instanceof ChainError ? new CommandError(error.message) : error;
  }
}

const ofKind = (state: State, kind: string): ConfigEntryRow[] => state.tables.configEntries.rows.values(kind + part);

/** Where a chain is evaluated makes no difference to whether it can be. */
const protocolOfChain = (state: State, service: string): string =>
  compileChain({
    service,
    datacenter: 'dc1',
    usedIn: 'dc1',
    trustDomain: 'consul',
    entries: entriesOf(state, watchNothing),
  }).Protocol;

function checkIngress(state: State, gateway: IngressGatewayConfigEntry): void {
  for (const { Protocol, Services } of gateway.Listeners ?? []) {
    for (const { Name } of Services ?? []) {
      if (Name === '*') continue;
      const protocol = protocolOfChain(state, Name);
      if (protocol === Protocol) continue;
      throw new CommandError(
        `service ${goQuote(Name)} has protocol ${goQuote(protocol)}, which does not match defined listener protocol ${goQuote(Protocol)}`,
      );
    }
  }
}

/** Gateways of both kinds share one set of names. */
function checkGatewayName(state: State, kind: string, name: string): void {
  const other = kind === 'ingress-gateway' ? 'terminating-gateway' : 'ingress-gateway';
  const mine = state.tables.configEntries.get(kind + part + name.toLowerCase());
  if (mine === undefined || state.tables.configEntries.get(other + part + name.toLowerCase()) === undefined) return;
  throw new CommandError(
    `cannot create a ${goQuote(kind)} config entry with name ${goQuote(name)}, a ${goQuote(other)} config entry with that name already exists`,
  );
}

function checkIntentions(state: State, { Name, Sources }: ServiceIntentionsConfigEntry): void {
  if (!(Sources ?? []).some(({ Permissions }) => (Permissions ?? []).length > 0)) return;
  const protocol = protocolOfChain(state, Name);
  if (isHttpLike(protocol)) return;
  throw new CommandError(
    `service ${goQuote(Name)} has protocol ${goQuote(protocol)}, which is incompatible with L7 intentions permissions`,
  );
}
