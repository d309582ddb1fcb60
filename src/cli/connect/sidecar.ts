/** Which proxy stands beside a service of the agent. */
import type { ConnectApi } from '../../client/connect.ts';
import { CliError } from '../command.ts';

/** Its id. @throws CliError when there is none, or more than one */
export async function sidecarFor(api: ConnectApi, service: string): Promise<string> {
  let services: Awaited<ReturnType<ConnectApi['services']>>;
  try {
    services = await api.services();
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ApiError')) throw error;
    throw new CliError(`Failed looking up sidecar proxy info for ${service}: ${error.message}`);
  }
  const ids = Object.values(services)
    .filter((one) => one.Kind === 'connect-proxy' && same(one.Proxy?.DestinationServiceID, service))
    .map(({ ID }) => ID);
  if (ids.length === 0) throw new CliError(`No sidecar proxy registered for ${service}`);
  if (ids.length === 1) return ids[0]!;
  throw new CliError(
    `More than one sidecar proxy registered for ${service}.\n    Start proxy with -proxy-id and one of the following IDs: ${ids.sort().join(', ')}`,
  );
}

const same = (id: string | undefined, service: string): boolean => id?.toLowerCase() === service.toLowerCase();
