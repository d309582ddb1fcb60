/**
 * The gate of an agent that starts: settings of parts that are not built yet. What would mislead when ignored (an
 * operator believes in encryption that is not there) is refused; what only tunes an absent part is remarked on once.
 * A part that gets built loses its lines here. `validate` never asks.
 */

import type { Loaded } from './load.ts';
import type { Settings } from './schema.ts';
import { valueAt } from './settings.ts';

/** What is said, and when. */
const refused: Readonly<Record<string, (settings: Settings) => boolean>> = {
  primary_gateways: ({ primary_gateways }) => primary_gateways.length > 0,
  'auto_config.authorization': ({ auto_config }) => auto_config.authorization.enabled,
  'connect.enable_mesh_gateway_wan_federation': ({ connect }) => connect.enable_mesh_gateway_wan_federation,
  'connect.ca_provider': ({ connect }) => !['', 'consul'].includes(connect.ca_provider),
};

/** Keys that are read and change nothing. */
const withoutEffect: readonly string[] = ['addresses.grpc'];

/** Why an agent cannot start with these settings, or undefined. */
export function refusal(settings: Settings): string | undefined {
  const names = Object.keys(refused).filter((name) => refused[name]!(settings));
  if (names.length === 0) return undefined;
  return `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} not supported yet`;
}

/** The remark on settings that somebody wrote and nothing reads, or undefined. */
export function noEffectWarning({ written }: Loaded): string | undefined {
  const keys = withoutEffect.filter((key) => valueAt(written, key.split('.')) !== undefined);
  return keys.length === 0 ? undefined : `These settings have no effect yet: ${keys.join(', ')}`;
}
