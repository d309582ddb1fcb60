/** `deregister_critical_service_after`: services that nobody repairs are taken away. */
import { nsToMs } from '../../lib/duration.ts';
import type { Clock, Timer } from '../../lib/runtime.ts';
import { minDeregisterAfterMs } from '../checks/definition.ts';
import type { Logger } from '../telemetry/api.ts';
import type { Registry } from './registry.ts';
import type { LocalCheck } from './state.ts';

const intervalMs = 30_000;

/** Ids of services with a check that has been critical for longer than it may. */
export function overdueServices(checks: Iterable<LocalCheck>, nowMs: number): string[] {
  const overdue = new Set<string>();
  for (const { check, type, criticalSinceMs } of checks) {
    if (type === null || type.DeregisterCriticalServiceAfter <= 0 || check.ServiceID === '') continue;
    const limitMs = Math.max(minDeregisterAfterMs, nsToMs(type.DeregisterCriticalServiceAfter));
    if (criticalSinceMs !== null && nowMs - criticalSinceMs > limitMs) overdue.add(check.ServiceID);
  }
  return [...overdue];
}

export function startReaper(registry: Registry, clock: Clock, logger: Logger): { stop(): void } {
  let timer: Timer;
  let stopped = false;
  const look = async (): Promise<void> => {
    for (const service of overdueServices(registry.state.checks(), clock.nowMs())) {
      try {
        await registry.deregisterService(service);
        logger.info('Check for service has been critical for too long, deregistered service', { service });
      } catch (error) {
        logger.error('failed to deregister service after its check was critical for too long', {
          service,
          error: (error as Error).message,
        });
      }
    }
    if (!stopped) timer = clock.after(intervalMs, () => void look());
  };
  timer = clock.after(intervalMs, () => void look());
  return {
    stop: () => {
      stopped = true;
      timer.cancel();
    },
  };
}
