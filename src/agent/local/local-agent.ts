/** This node's own part of the catalog, put together: registrations, their checks, and the way to the servers. */
import type { Runtime } from '../../lib/runtime.ts';
import type { CheckContext } from '../checks/start.ts';
import type { Config } from '../config/config.ts';
import type { Settings } from '../config/schema.ts';
import { RpcError } from '../errors.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { Logger } from '../telemetry/api.ts';
import { type AntiEntropy, startAntiEntropy } from './anti-entropy.ts';
import { checkOf, serviceOf } from './configured.ts';
import type { CheckRegistration, ServiceRegistration } from './definitions.ts';
import { filePersistence, noPersistence } from './persistence.ts';
import { startReaper } from './reaper.ts';
import { Registry } from './registry.ts';
import { LocalState } from './state.ts';

export interface LocalAgentOptions {
  /** In force; a reload may change them. */
  readonly config: () => Config;
  readonly nodeId: string;
  readonly rpc: RpcCaller;
  readonly clusterSize: () => number;
  /** What checks over TLS show and trust. */
  readonly agentTls: CheckContext['agentTls'];
  readonly runtime: Runtime;
  readonly logger: Logger;
}

export interface LocalAgent {
  readonly registry: Registry;
  /** Takes over the definitions of files. Rejects with RpcError; then nothing has changed. */
  applyDefinitions(settings: Pick<Settings, 'services' | 'checks'>): Promise<void>;
  /** Brings back what was registered over the API. */
  restore(): Promise<void>;
  /** Begins to keep the catalog informed. */
  start(): void;
  /** Compares with the catalog soon. */
  trigger(): void;
  /** Tells the catalog nothing more: whoever leaves must not come back by a late word of his own. */
  stopSyncing(): void;
  stop(): void;
}

export function createLocalAgent(options: LocalAgentOptions): LocalAgent {
  const { config, nodeId, rpc, clusterSize, agentTls, runtime, logger } = options;
  const { checks, nodeName, datacenter, dataDir, sidecarPorts } = config();
  const state = new LocalState({
    ...runtime,
    checkUpdateIntervalMs: checks.updateIntervalMs,
    discardOutput: () => config().checks.discardOutput,
  });
  const registry = new Registry({
    state,
    checks: { runtime, nodeName, datacenter, rpc, outputMaxBytes: checks.outputMaxBytes, agentTls },
    persistence: dataDir === '' ? noPersistence : filePersistence(dataDir, logger),
    scripts: { remote: checks.enableRemoteScripts, local: checks.enableLocalScripts },
    sidecarPorts,
    runtime,
    logger,
  });
  const stops: (() => void)[] = [() => registry.stop()];
  let sync: AntiEntropy | undefined;
  const node = () => {
    const { advertiseAddr: address, taggedAddresses, nodeMeta } = config();
    return {
      id: nodeId,
      name: nodeName,
      address,
      taggedAddresses,
      meta: { ...nodeMeta, 'consul-network-segment': '' },
    };
  };
  return {
    registry,
    applyDefinitions: (settings) => registry.inTurn(async () => applyDefinitions(registry, settings)),
    restore: () => registry.inTurn(() => registry.restore()),
    start: () => {
      sync = startAntiEntropy({ state, datacenter, node, clusterSize, rpc, runtime, logger });
      const reaper = startReaper(registry, runtime.clock, logger);
      stops.push(
        () => sync?.stop(),
        () => reaper.stop(),
      );
    },
    trigger: () => sync?.trigger(),
    stopSyncing: () => sync?.stop(),
    stop: () => {
      for (const stop of stops.splice(0).reverse()) stop();
    },
  };
}

/** All definitions are looked at before the first is taken over. What is defined no more goes. */
function applyDefinitions(registry: Registry, settings: Pick<Settings, 'services' | 'checks'>): void {
  const { state } = registry;
  const services: ServiceRegistration[] = [];
  for (const service of settings.services) {
    const planned = services.map((one) => one.service);
    const define = () => registry.registrationsOf(serviceOf(service), '', 'config', planned);
    services.push(...named(`service "${service.name ?? ''}"`, define));
  }
  const serviceIds = new Set(services.map(({ service }) => service.ID));
  const known = registry.health();
  const before = {
    services: state.services().filter(({ origin }) => origin === 'config'),
    checks: state.checks().filter(({ origin }) => origin === 'config'),
  };
  const checks = settings.checks.map((check) => {
    const bound = { ...checkOf(check), ServiceID: '' };
    const registration = named(`check "${check.name ?? ''}"`, () => registry.checkRegistrationOf(bound, '', 'config'));
    const ServiceID = check.service_id ?? '';
    if (ServiceID !== '' && !serviceIds.has(ServiceID) && state.service(ServiceID) === undefined) {
      throw new RpcError(`Failed to register check "${check.name ?? ''}": ServiceID "${ServiceID}" does not exist`);
    }
    return { registration, ServiceID };
  });

  for (const { check } of before.checks) registry.forgetCheck(check.CheckID);
  for (const { service } of before.services) if (!serviceIds.has(service.ID)) registry.forgetService(service.ID);
  for (const one of services) registry.applyService(one, 'config', known);
  for (const { registration, ServiceID } of checks) registry.applyCheck(bind(registration, ServiceID), 'config');

  function bind(registration: CheckRegistration, ServiceID: string): CheckRegistration {
    const { check } = registration;
    const health = known(check.CheckID);
    const kept = health === undefined ? {} : { Status: health.Status, Output: health.Output };
    const service = state.service(ServiceID)?.service;
    const binding = service === undefined ? {} : { ServiceID, ServiceName: service.Service, ServiceTags: service.Tags };
    return { ...registration, check: { ...check, ...kept, ...binding } };
  }
}

function named<T>(what: string, define: () => T): T {
  try {
    return define();
  } catch (error) {
    if (error instanceof RpcError) throw new RpcError(`Failed to register ${what}: ${error.message}`);
    throw error;
  }
}
