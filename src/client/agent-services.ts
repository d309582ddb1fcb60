/** The services and checks of one agent, registered and taken out of service with it. */
import { escapePath } from '../lib/go-url.ts';
import type { ConsulHttp, WriteOptions } from './http.ts';
import type { AgentService, HealthCheck } from './types.ts';

export interface AgentServicesApi {
  /** Id -> check. */
  checks(): Promise<Record<string, HealthCheck>>;
  /** Id -> service. */
  services(): Promise<Record<string, AgentService>>;
  /** `service` is the body of agent/service/register, in the API's spelling. */
  register(service: object, options?: WriteOptions): Promise<void>;
  deregister(id: string, options?: WriteOptions): Promise<void>;
  /** Of the node, or of one service on it. */
  setMaintenance(enable: boolean, reason: string, service?: string, options?: WriteOptions): Promise<void>;
}

export function agentServicesApi(http: ConsulHttp): AgentServicesApi {
  return {
    checks: async () => (await http.get<Record<string, HealthCheck>>('/v1/agent/checks')).value,
    services: async () => (await http.get<Record<string, AgentService>>('/v1/agent/services')).value,
    register: (service, options) => http.put('/v1/agent/service/register', service, options),
    deregister: (id, options) => http.put(`/v1/agent/service/deregister/${escapePath(id)}`, undefined, options),
    async setMaintenance(enable, reason, service, options) {
      const of = service === undefined ? 'maintenance' : `service/maintenance/${escapePath(service)}`;
      const query = enable ? { enable: 'true', reason } : { enable: 'false' };
      await http.put(`/v1/agent/${of}`, undefined, options, query);
    },
  };
}
