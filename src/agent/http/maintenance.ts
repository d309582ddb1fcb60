/** `/v1/agent/maintenance`: taking this node out of service, and back. */
import { parseBool } from '../../lib/go-number.ts';
import { BadRequest } from '../errors.ts';
import { setNodeMaintenance } from '../local/maintenance.ts';
import { tokenOf } from './acl-guard.ts';
import { empty, type HttpAnswer } from './answer.ts';
import type { Api, Route } from './api.ts';
import type { ApiRequest } from './api-request.ts';

export const maintenanceRoutes: readonly Route[] = [
  { path: '/v1/agent/maintenance', methods: ['PUT'], handler: maintenance },
];

async function maintenance(request: ApiRequest, api: Api): Promise<HttpAnswer> {
  const token = tokenOf(request, api);
  await setNodeMaintenance(api.local, maintenanceSwitch(request), request.query.get('reason'), token);
  return empty(200);
}

/** `?enable=`, which has to be there. Throws BadRequest. */
export function maintenanceSwitch({ query }: ApiRequest): boolean {
  if (!query.has('enable')) throw new BadRequest('Missing value for enable');
  const text = query.get('enable');
  const enable = parseBool(text);
  if (enable === undefined) throw new BadRequest(`Invalid value for enable: ${JSON.stringify(text)}`);
  return enable;
}
