/**
 * Keeps the catalog's idea of this node equal to the truth: changes are pushed at once, and from time to time everything is
 * compared. Requests run here, decisions are in `sync-core.ts`.
 */
import type { Runtime, Timer } from '../../lib/runtime.ts';
import type { HealthCheck } from '../../structs/catalog.ts';
import { errors, RpcError } from '../errors.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { Logger } from '../telemetry/api.ts';
import type { LocalCheck, LocalService, LocalState } from './state.ts';
import { compareInSteps, type LocalNode, type Push, pendingPushes, type RemoteView } from './sync-core.ts';

export interface AntiEntropyOptions {
  readonly state: LocalState;
  readonly datacenter: string;
  /** This node as the configuration in force describes it. */
  readonly node: () => LocalNode;
  /** Members of the cluster: with more of them, everybody compares less often. */
  readonly clusterSize: () => number;
  readonly rpc: RpcCaller;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

export interface AntiEntropy {
  /** Compares everything soon: a server came up, or the configuration changed. */
  trigger(): void;
  stop(): void;
}

const baseIntervalMs = 60_000;
/** After a failure: this long at first, twice as long each time, up to the longest. A lost connection is soon another one. */
const firstRetryMs = 1_000;
const longestRetryMs = 15_000;
/** The first seconds of a cluster: there may be no leader yet, which is nothing to complain about, and everybody looks again soon. */
const startPatienceMs = 10_000;
const startRetryMs = 50;
const startRetries = 100;
/** Requests on their way at once. */
const parallelPushes = 16;

/** Up to 128 members everybody compares once a minute; with every doubling a minute less often. */
export const intervalScale = (clusterSize: number): number =>
  clusterSize <= 128 ? 1 : Math.ceil(Math.log2(clusterSize) - Math.log2(128)) + 1;

export function startAntiEntropy(options: AntiEntropyOptions): AntiEntropy {
  const { state, runtime, logger } = options;
  const stopping = new AbortController();
  let timer: Timer | undefined;
  let running = false;
  const startMs = runtime.clock.nowMs();
  let wanted: 'nothing' | 'push' | 'compare' = 'compare';
  let failures = 0;
  /** Failures in a row after those of the start. */
  let repeated = 0;
  let succeeded = false;
  /** What was complained of last: once is enough. */
  let complaint = '';

  const jittered = (ms: number): number => ms + runtime.random.float() * ms;
  const compareIn = (delayMs: number): void => {
    timer?.cancel();
    timer = runtime.clock.after(delayMs, () => want('compare'));
  };

  const want = (what: 'push' | 'compare'): void => {
    if (what === 'compare' || wanted === 'nothing') wanted = what;
    if (running || stopping.signal.aborted) return;
    running = true;
    // What is done together is pushed together.
    void Promise.resolve().then(work);
  };

  const work = async (): Promise<void> => {
    while (wanted !== 'nothing' && !stopping.signal.aborted) {
      const compares = wanted === 'compare';
      wanted = 'nothing';
      try {
        await sync(options, compares, stopping.signal);
        succeeded = true;
        failures = 0;
        repeated = 0;
        complaint = '';
        if (compares) compareIn(jittered(baseIntervalMs * intervalScale(options.clusterSize())));
      } catch (error) {
        if (stopping.signal.aborted) break;
        failures++;
        const starting = !succeeded && failures <= startRetries;
        const { message } = error as Error;
        const isPatient = !succeeded && runtime.clock.nowMs() - startMs < startPatienceMs;
        if (!isPatient && message !== complaint) {
          logger
            .named('anti_entropy')
            .error(compares ? 'failed to sync remote state' : 'failed to sync changes', { error: message });
          complaint = message;
        }
        // Nobody is known who could be asked: looking again costs nobody anything.
        const alone = message === errors.noServers().message;
        if (!starting) repeated++;
        const backoffMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(repeated - 1, 4));
        const retryMs = alone ? firstRetryMs : backoffMs * intervalScale(options.clusterSize());
        compareIn(starting ? startRetryMs : jittered(retryMs));
        break;
      }
    }
    running = false;
  };

  state.onDirty = () => want('push');
  want('compare');
  return {
    trigger: () => want('compare'),
    stop: () => {
      state.onDirty = () => {};
      timer?.cancel();
      stopping.abort();
    },
  };
}

async function sync(options: AntiEntropyOptions, compares: boolean, signal: AbortSignal): Promise<void> {
  const { state, logger } = options;
  const strays = compares ? await compareWith(options, await remoteView(options)) : [];
  if (compares) logInSync(options);
  const pushes = [...pendingPushes(state), ...strays];
  // The first one makes the node known. Checks need their services, apart from that the order does not matter.
  const [first, ...rest] = pushes;
  if (first !== undefined) await push(options, first);
  const services = rest.filter(({ kind }) => kind === 'register-service' || kind === 'deregister-service');
  const others = rest.filter(({ kind }) => kind !== 'register-service' && kind !== 'deregister-service');
  for (const phase of [services, others]) {
    for (let at = 0; at < phase.length && !signal.aborted; at += parallelPushes) {
      await Promise.all(phase.slice(at, at + parallelPushes).map((one) => push(options, one)));
    }
  }
  if (compares && pushes.length === 0) logger.debug('Node info in sync');
}

/** Longest stretch of the event loop. */
const sliceMs = 4;

async function compareWith({ state, node, runtime: { clock } }: AntiEntropyOptions, remote: RemoteView) {
  const steps = compareInSteps(state, node(), remote);
  let sliceEndMs = clock.nowMs() + sliceMs;
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done === true) return step.value;
    if (clock.nowMs() < sliceEndMs) continue;
    await new Promise<void>((resolve) => clock.after(0, resolve));
    sliceEndMs = clock.nowMs() + sliceMs;
  }
}

async function remoteView({ rpc, datacenter, node }: AntiEntropyOptions): Promise<RemoteView> {
  const args = { Datacenter: datacenter, Node: node().name };
  const { reply: services } = await rpc.call('Catalog.NodeServiceList', args);
  const { reply: checks } = await rpc.call('Health.NodeChecks', args);
  return {
    node: services.NodeServices.Node,
    services: services.NodeServices.Services ?? [],
    checks: checks.HealthChecks ?? [],
  };
}

function logInSync({ state, logger }: AntiEntropyOptions): void {
  if (!logger.enabled('debug')) return;
  for (const { service, inSync } of state.services()) {
    if (inSync) logger.debug('Service in sync', { service: service.ID });
  }
  for (const { check, inSync } of state.checks()) if (inSync) logger.debug('Check in sync', { check: check.CheckID });
}

/** Of an entry that changed meanwhile nothing is noted: it is pushed again. */
function done(state: LocalState, entry: LocalService | LocalCheck): void {
  if (state.isCurrent(entry)) entry.inSync = true;
}

const wireChecks = (checks: readonly LocalCheck[]): HealthCheck[] => checks.map(({ check }) => check);

async function push(options: AntiEntropyOptions, one: Push): Promise<void> {
  const { state, logger } = options;
  switch (one.kind) {
    case 'register-service': {
      const { entry, checks } = one;
      const asked = { Service: entry.service, Checks: wireChecks(checks), Token: entry.token };
      const how = { service: entry.service.ID };
      if (await register(options, asked, 'Service registration', how)) logger.info('Synced service', how);
      for (const each of [entry, ...checks]) done(state, each);
      return;
    }
    case 'register-checks': {
      const [first] = one.checks;
      const how = { check: first!.check.CheckID };
      const asked = { Checks: wireChecks(one.checks), Token: first!.token };
      if (await register(options, asked, 'Check registration', how)) logger.info('Synced check', how);
      for (const each of one.checks) done(state, each);
      return;
    }
    case 'register-node':
      // A service that went before it may have brought it along.
      if (!state.nodeInSync && (await register(options, {}, 'Node info update', {}))) logger.info('Synced node info');
      return;
    case 'deregister-service': {
      const how = { service: one.id };
      const asked = { ServiceID: one.id, Token: one.token };
      if (await deregister(options, asked, 'Service deregistration', how)) logger.info('Deregistered service', how);
      if (one.entry !== null) state.purge(one.entry);
      return;
    }
    case 'deregister-check': {
      const how = { check: one.id };
      const asked = { CheckID: one.id, Token: one.token };
      if (await deregister(options, asked, 'Check deregistration', how)) logger.info('Deregistered check', how);
      if (one.entry !== null) state.purge(one.entry);
    }
  }
}

type What = Readonly<Record<string, string>>;

/** False when ACLs forbid it: asking again would not help, the next comparison will. */
async function register(
  { state, rpc, datacenter, node, logger }: AntiEntropyOptions,
  asked: object,
  what: string,
  how: What,
): Promise<boolean> {
  const { id, name, address, taggedAddresses, meta } = node();
  const skips = state.nodeInSync;
  try {
    await rpc.call('Catalog.Register', {
      Datacenter: datacenter,
      ID: id,
      Node: name,
      Address: address,
      TaggedAddresses: { ...taggedAddresses },
      NodeMeta: { ...meta },
      SkipNodeUpdate: skips,
      ...asked,
    });
  } catch (error) {
    return tolerate(error, `${what} blocked by ACLs`, how, logger);
  }
  state.nodeInSync = true;
  return true;
}

async function deregister(
  { rpc, datacenter, node, logger }: AntiEntropyOptions,
  asked: object,
  what: string,
  how: What,
): Promise<boolean> {
  try {
    await rpc.call('Catalog.Deregister', { Datacenter: datacenter, Node: node().name, ...asked });
  } catch (error) {
    if (error instanceof RpcError && /Unknown (service|check)/.test(error.message)) return true;
    return tolerate(error, `${what} blocked by ACLs`, how, logger);
  }
  return true;
}

function tolerate(error: unknown, what: string, how: What, logger: Logger): false {
  const isRefusal = error instanceof RpcError && (error.status === 403 || /Permission denied/.test(error.message));
  if (!isRefusal) throw error;
  logger.warn(what, how);
  return false;
}
