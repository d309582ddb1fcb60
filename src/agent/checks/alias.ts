/** As healthy as another service or node. Of this agent it is watched here, of another one in the catalog. */

import { goQuote } from '../../lib/go-format.ts';
import type { Clock, Random, Timer } from '../../lib/runtime.ts';
import type { HealthCheck } from '../../structs/catalog.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import type { CheckRunner, Report, Result } from './runner.ts';

/** Checks of this agent, as they are and as they change. */
export interface LocalHealth {
  /** Those of the service and of the node; with '', all. */
  checksFor(serviceId: string): readonly { readonly check: HealthCheck }[];
  service(id: string): object | undefined;
  watchChecks(serviceId: string, changed: () => void): () => void;
}

/**
 * The health of a service by the checks of its node: its own and those of the node itself. With '' as service, that of the
 * node and everything on it. `ownId` names the alias itself, which does not count.
 */
export function aliasResult(
  checks: Iterable<HealthCheck>,
  serviceId: string,
  ownId: string,
  serviceExists: boolean,
): Result {
  let found = false;
  let warning: HealthCheck | undefined;
  for (const check of checks) {
    if (check.CheckID === ownId) continue;
    if (serviceId !== '' && check.ServiceID !== '' && check.ServiceID !== serviceId) continue;
    found = true;
    if (check.Status === 'critical') return failing('critical', check);
    if (check.Status === 'warning') warning ??= check;
  }
  if (warning !== undefined) return failing('warning', warning);
  if (serviceId !== '' && !serviceExists) {
    return { status: 'critical', output: `Service ${serviceId} could not be found on node` };
  }
  return { status: 'passing', output: found ? 'All checks passing.' : 'No checks found.' };
}

const failing = (status: 'warning' | 'critical', { Name, Output }: HealthCheck): Result => ({
  status,
  output: `Aliased check ${goQuote(Name)} failing: ${Output}`,
});

export function startLocalAlias(local: LocalHealth, serviceId: string, ownId: string, report: Report): CheckRunner {
  let queued = false;
  let stopped = false;
  const look = (): void => {
    queued = false;
    if (stopped) return;
    const checks = local.checksFor(serviceId).map(({ check }) => check);
    report(aliasResult(checks, serviceId, ownId, local.service(serviceId) !== undefined));
  };
  const changed = (): void => {
    if (queued || stopped) return;
    queued = true;
    // Once for all that changes together. Two aliases that watch each other settle, because equal reports change nothing.
    queueMicrotask(look);
  };
  const unwatch = local.watchChecks(serviceId, changed);
  changed();
  return {
    stop: () => {
      stopped = true;
      unwatch();
    },
  };
}

export interface RemoteAliasOptions {
  readonly rpc: RpcCaller;
  readonly datacenter: string;
  readonly node: string;
  readonly serviceId: string;
  readonly token: string;
  readonly ownId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly report: Report;
}

const retryMs = 1000;
const maxRetryMs = 60_000;
const waitNs = 300e9;

export function startRemoteAlias(options: RemoteAliasOptions): CheckRunner {
  const { rpc, datacenter, node, serviceId, token, ownId, clock, random, report } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let timer: Timer | undefined;
  let index = 0;
  let failures = 0;

  const look = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const common = { Datacenter: datacenter, Node: node, Token: token };
        const asked = { ...common, MinQueryIndex: index, MaxQueryTime: waitNs, AllowStale: true };
        const { reply, meta } = await rpc.call('Health.NodeChecks', asked, { signal });
        if (signal.aborted) return;
        const checks = reply.HealthChecks ?? [];
        const known =
          serviceId === '' || checks.some(({ ServiceID }) => ServiceID === serviceId) || (await exists(common));
        if (signal.aborted) return;
        failures = 0;
        report(aliasResult(checks, serviceId, ownId, known));
        // An index that went back means that the servers started over; one of 0 would not block.
        index = meta.Index < index ? 0 : Math.max(1, meta.Index);
      } catch (error) {
        if (signal.aborted) return;
        failures++;
        index = 0;
        if (failures > 1)
          report({ status: 'critical', output: `Failure checking ${node}: ${(error as Error).message}` });
        const delayMs = Math.min(maxRetryMs, retryMs * 2 ** Math.min(failures, 10));
        timer = clock.after(delayMs / 2 + (random.float() * delayMs) / 2, () => void look());
        return;
      }
    }
  };

  const exists = async (common: object): Promise<boolean> => {
    const { reply } = await rpc.call('Catalog.NodeServiceList', { ...common, AllowStale: true }, { signal });
    return (reply.NodeServices.Services ?? []).some(({ ID }) => ID === serviceId);
  };

  void look();
  return {
    stop: () => {
      timer?.cancel();
      stopping.abort();
    },
  };
}
