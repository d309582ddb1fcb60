/** A catalog of one node in memory, and the parts around the agent's own registrations, in virtual time. */
import { RpcError } from '../../../../src/agent/errors.ts';
import { noPersistence, type Persistence } from '../../../../src/agent/local/persistence.ts';
import { Registry } from '../../../../src/agent/local/registry.ts';
import { LocalState } from '../../../../src/agent/local/state.ts';
import type { LocalNode } from '../../../../src/agent/local/sync-core.ts';
import type { RpcCaller } from '../../../../src/agent/rpc/caller.ts';
import { silentLogger } from '../../../../src/agent/telemetry/logger.ts';
import {
  CheckType,
  HealthCheck,
  Node,
  NodeService,
  type RegisterRequest,
  ServiceDefinition,
} from '../../../../src/structs/catalog.ts';
import { make } from '../../../../src/structs/make.ts';
import { Stream } from '../../../sim/prng.ts';
import { FakeClock } from '../telemetry/fake-clock.ts';

export const localNode: LocalNode = {
  id: '5d7f6a10-0000-4000-8000-0000000000a1',
  name: 'here',
  address: '10.0.0.1',
  taggedAddresses: { lan: '10.0.0.1' },
  meta: { rack: 'a' },
};

/** What servers do with the requests of an agent. `fail` makes the next ones fail. */
export class FakeCatalog implements RpcCaller {
  node: Node | null = null;
  readonly services = new Map<string, NodeService>();
  readonly checks = new Map<string, HealthCheck>();
  readonly requests: string[] = [];
  /** Asked before each request: an error is thrown, and the request had no effect (or had, when `afterwards`). */
  fault: (method: string) => { readonly error: Error; readonly afterwards?: boolean } | null = () => null;

  call(method: string, args: object): never {
    this.requests.push(method);
    const fault = this.fault(method);
    if (fault !== null && fault.afterwards !== true) throw fault.error;
    const reply = this.#answer(method, args as Partial<RegisterRequest> & { ServiceID?: string; CheckID?: string });
    if (fault !== null) throw fault.error;
    return Promise.resolve({ reply, meta: { Index: 1 } }) as never;
  }

  #answer(method: string, args: Partial<RegisterRequest> & { ServiceID?: string; CheckID?: string }): unknown {
    switch (method) {
      case 'Catalog.NodeServiceList':
        return { NodeServices: { Node: this.node, Services: [...this.services.values()] } };
      case 'Health.NodeChecks':
        return { HealthChecks: [...this.checks.values()] };
      case 'Catalog.Register':
        this.#register(args);
        return {};
      case 'Catalog.Deregister': {
        const { ServiceID = '', CheckID = '' } = args;
        if (ServiceID !== '') {
          this.services.delete(ServiceID);
          for (const [id, check] of this.checks) if (check.ServiceID === ServiceID) this.checks.delete(id);
        } else this.checks.delete(CheckID);
        return {};
      }
      default:
        throw new Error(`unexpected ${method}`);
    }
  }

  #register(request: Partial<RegisterRequest>): void {
    if (this.node === null || request.SkipNodeUpdate !== true) {
      this.node = make(Node, {
        ID: request.ID!,
        Node: request.Node!,
        Address: request.Address!,
        TaggedAddresses: request.TaggedAddresses!,
        Meta: request.NodeMeta!,
      });
    }
    const checks = request.Checks ?? [];
    const known = new Set([...this.services.keys(), ...(request.Service ? [request.Service.ID] : [])]);
    for (const { ServiceID } of checks) {
      if (ServiceID !== '' && !known.has(ServiceID)) throw new RpcError(`Missing service registration`);
    }
    if (request.Service) this.services.set(request.Service.ID, structuredClone(request.Service));
    for (const check of checks) this.checks.set(check.CheckID, structuredClone(check));
  }
}

/** Lets everything settle that can. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

export const serviceNamed = (Name: string, more: Partial<ServiceDefinition> = {}): ServiceDefinition =>
  make(ServiceDefinition, { Check: make(CheckType), Name, ...more });

export const ttlCheck = (more: Partial<CheckType> = {}): CheckType => make(CheckType, { TTL: 60e9, ...more });

export const checkNamed = (CheckID: string, more: Partial<HealthCheck> = {}): HealthCheck =>
  make(HealthCheck, { Node: 'here', CheckID, Name: CheckID, Status: 'critical', ...more });

export const serviceWithId = (ID: string, more: Partial<NodeService> = {}): NodeService =>
  make(NodeService, { ID, Service: ID, Weights: { Passing: 1, Warning: 1 }, ...more });

export interface Local {
  readonly clock: FakeClock;
  readonly catalog: FakeCatalog;
  readonly state: LocalState;
  readonly registry: Registry;
}

export function localAgent(
  options: { seed?: number; persistence?: Persistence; checkUpdateIntervalMs?: number; remoteScripts?: boolean } = {},
): Local {
  const clock = new FakeClock();
  const random = new Stream(options.seed ?? 1, 'local');
  const catalog = new FakeCatalog();
  const runtime = { clock, random };
  const state = new LocalState({
    ...runtime,
    checkUpdateIntervalMs: options.checkUpdateIntervalMs ?? 0,
    discardOutput: () => false,
  });
  const registry = new Registry({
    state,
    checks: {
      runtime,
      nodeName: 'here',
      agentTls: () => ({}),
      datacenter: 'dc1',
      rpc: catalog,
      outputMaxBytes: 4096,
    },
    persistence: options.persistence ?? noPersistence,
    scripts: { remote: options.remoteScripts ?? false, local: true },
    sidecarPorts: { min: 21_000, max: 21_002 },
    runtime,
    logger: silentLogger,
  });
  return { clock, catalog, state, registry };
}
