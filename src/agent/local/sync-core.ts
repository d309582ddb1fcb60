/**
 * The core of anti-entropy: what the catalog says of this node against what the agent knows, and what has to be done about
 * it. The agent is right about itself. Pure.
 */
import type { HealthCheck, Node, NodeService } from '../../structs/catalog.ts';
import type { LocalCheck, LocalService, LocalState } from './state.ts';

/** What the servers register for this node themselves. */
const serversOwnService = 'consul';
const serversOwnCheck = 'serfHealth';

/** This node as it has to be in the catalog. */
export interface LocalNode {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly taggedAddresses: Readonly<Record<string, string>>;
  readonly meta: Readonly<Record<string, string>>;
}

export interface RemoteView {
  readonly node: Node | null;
  readonly services: readonly NodeService[];
  readonly checks: readonly HealthCheck[];
}

/** One request to the catalog. */
export type Push =
  | { readonly kind: 'register-service'; readonly entry: LocalService; readonly checks: readonly LocalCheck[] }
  | { readonly kind: 'register-checks'; readonly checks: readonly LocalCheck[] }
  | {
      readonly kind: 'deregister-service';
      readonly id: string;
      readonly token: string;
      readonly entry: LocalService | null;
    }
  | {
      readonly kind: 'deregister-check';
      readonly id: string;
      readonly token: string;
      readonly entry: LocalCheck | null;
    }
  | { readonly kind: 'register-node' };

/**
 * Notes for every entry whether the catalog agrees, and returns what only the catalog has. Tags that others may decide about
 * are taken over from it. In steps, between which anything may change: what does is dirty and is pushed anyway.
 */
export function* compareInSteps(state: LocalState, node: LocalNode, remote: RemoteView): Generator<void, Push[]> {
  state.nodeInSync = remote.node !== null && sameNode(node, remote.node);
  const remoteServices = new Map(remote.services.map((service) => [service.ID, service]));
  const remoteChecks = new Map(remote.checks.map((check) => [check.CheckID, check]));
  for (const entry of [...state.serviceEntries()]) {
    if (state.isCurrent(entry)) compareService(state, entry, remoteServices.get(entry.service.ID));
    yield;
  }
  for (const entry of [...state.checkEntries()]) {
    if (state.isCurrent(entry)) compareCheck(state, entry, remoteChecks.get(entry.check.CheckID));
    yield;
  }
  const localServices = new Set([...state.serviceEntries()].map(({ service }) => service.ID));
  const localChecks = new Set([...state.checkEntries()].map(({ check }) => check.CheckID));
  const strays: Push[] = [];
  const goingServices = new Set<string>();
  for (const id of remoteServices.keys()) {
    if (id === serversOwnService || localServices.has(id)) continue;
    goingServices.add(id);
    strays.push({ kind: 'deregister-service', id, token: '', entry: null });
  }
  for (const [id, { ServiceID }] of remoteChecks) {
    if (id === serversOwnCheck || localChecks.has(id)) continue;
    // Those of a service go with it.
    if (!goingServices.has(ServiceID)) strays.push({ kind: 'deregister-check', id, token: '', entry: null });
  }
  return strays;
}

/** All steps at once. */
export function compare(state: LocalState, node: LocalNode, remote: RemoteView): Push[] {
  const steps = compareInSteps(state, node, remote);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

function compareService(state: LocalState, entry: LocalService, remote: NodeService | undefined): void {
  if (entry.removed) {
    if (remote === undefined) state.purge(entry);
    else entry.inSync = false;
    return;
  }
  if (remote !== undefined && entry.service.EnableTagOverride && !sameValue(remote.Tags, entry.service.Tags)) {
    state.adoptService({ ...entry.service, Tags: remote.Tags });
  }
  const current = state.service(entry.service.ID)!;
  current.inSync = remote !== undefined && sameService(current.service, remote);
}

function compareCheck(state: LocalState, entry: LocalCheck, remote: HealthCheck | undefined): void {
  if (entry.removed) {
    if (remote === undefined) state.purge(entry);
    else entry.inSync = false;
    return;
  }
  entry.inSync = remote !== undefined && sameCheck(entry.check, remote, entry.outputTimer !== null);
}

/** What has to be pushed, the services first: with each go the checks that have to go as well. */
export function pendingPushes(state: LocalState): Push[] {
  const pushes: Push[] = [];
  const goes = new Set<string>();
  const registered = new Set<LocalCheck>();
  const dirty = [...state.checkEntries()].filter(({ inSync }) => !inSync);
  const dirtyOf = Map.groupBy(dirty, ({ check }) => check.ServiceID);
  for (const entry of state.serviceEntries()) {
    if (entry.inSync) continue;
    const { ID } = entry.service;
    if (entry.removed) {
      goes.add(ID);
      pushes.push({ kind: 'deregister-service', id: ID, token: entry.token, entry });
      continue;
    }
    const checks = (dirtyOf.get(ID) ?? []).filter(({ removed, token }) => !removed && token === entry.token);
    for (const check of checks) registered.add(check);
    pushes.push({ kind: 'register-service', entry, checks });
  }
  for (const entry of dirty) {
    if (registered.has(entry)) continue;
    const { CheckID, ServiceID } = entry.check;
    if (!entry.removed) pushes.push({ kind: 'register-checks', checks: [entry] });
    else if (goes.has(ServiceID)) state.purge(entry);
    else pushes.push({ kind: 'deregister-check', id: CheckID, token: entry.token, entry });
  }
  if (!state.nodeInSync) pushes.push({ kind: 'register-node' });
  return pushes;
}

const sameNode = (local: LocalNode, remote: Node): boolean =>
  remote.ID === local.id &&
  remote.Address === local.address &&
  sameValue(remote.TaggedAddresses, local.taggedAddresses) &&
  sameValue(remote.Meta, local.meta);

const comparedOfService = [
  ...([
    'Kind',
    'ID',
    'Service',
    'Tags',
    'Address',
    'TaggedAddresses',
    'Meta',
    'Port',
    'SocketPath',
    'Weights',
  ] as const),
  ...(['EnableTagOverride', 'Proxy', 'Connect'] as const),
];
const sameService = (a: NodeService, b: NodeService): boolean =>
  comparedOfService.every((field) => sameValue(a[field], b[field]));

const comparedOfCheck = [
  ...(['CheckID', 'Name', 'Status', 'Notes', 'ServiceID', 'ServiceName', 'ServiceTags', 'Type'] as const),
  ...(['Interval', 'Timeout', 'ExposedPort'] as const),
];
const sameCheck = (a: HealthCheck, b: HealthCheck, outputMayDiffer: boolean): boolean =>
  (outputMayDiffer || a.Output === b.Output) && comparedOfCheck.every((field) => sameValue(a[field], b[field]));

/** By value; nil and empty are the same: the wire does not keep them apart. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (a === null || b === null) return isEmpty((a ?? b) as object);
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b)) return isEmpty(a) && isEmpty(b);
    return a.length === b.length && a.every((element, i) => sameValue(element, b[i]));
  }
  let count = 0;
  for (const key in a) {
    if (!Object.hasOwn(b, key) || !sameValue((a as Values)[key], (b as Values)[key])) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

type Values = Readonly<Record<string, unknown>>;

function isEmpty(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
