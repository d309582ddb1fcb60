/** Maintenance: a critical check that nothing but its removal ends. */
import { HealthCheck } from '../../structs/catalog.ts';
import { make } from '../../structs/make.ts';
import { RpcError } from '../errors.ts';
import type { Registry } from './registry.ts';

export const nodeMaintenanceId = '_node_maintenance';
export const serviceMaintenanceId = (serviceId: string): string => `_service_maintenance:${serviceId}`;

const defaultReason = (what: string): string =>
  `Maintenance mode is enabled for this ${what}, but no reason was provided. This is a default message.`;

/** Switching on what is on, or off what is off, changes nothing. */
export async function setNodeMaintenance(
  registry: Registry,
  enable: boolean,
  reason: string,
  token: string,
): Promise<void> {
  if (!enable) {
    await registry.deregisterCheck(nodeMaintenanceId);
    return;
  }
  if (registry.state.check(nodeMaintenanceId) !== undefined) return;
  const check = make(HealthCheck, {
    Node: registry.nodeName,
    CheckID: nodeMaintenanceId,
    Name: 'Node Maintenance Mode',
    Status: 'critical',
    Notes: reason || defaultReason('node'),
    Type: 'maintenance',
  });
  await registry.registerMark(check, token);
}

/** Rejects with RpcError (404) when there is no such service. */
export async function setServiceMaintenance(
  registry: Registry,
  serviceId: string,
  enable: boolean,
  reason: string,
  token: string,
): Promise<void> {
  const entry = registry.state.service(serviceId);
  if (entry === undefined) throw new RpcError(`No service registered with ID "${serviceId}"`, 404);
  const id = serviceMaintenanceId(serviceId);
  if (!enable) {
    await registry.deregisterCheck(id);
    return;
  }
  if (registry.state.check(id) !== undefined) return;
  const check = make(HealthCheck, {
    Node: registry.nodeName,
    CheckID: id,
    Name: 'Service Maintenance Mode',
    Status: 'critical',
    Notes: reason || defaultReason('service'),
    ServiceID: serviceId,
    ServiceName: entry.service.Service,
    ServiceTags: entry.service.Tags,
    Type: 'maintenance',
  });
  await registry.registerMark(check, token || entry.token);
}
