/** What kind of check a definition describes, for checks registered without saying so. */
import type { HealthCheckDefinition } from '../../../structs/catalog.ts';

export function checkType(definition: HealthCheckDefinition): string {
  const periodic = definition.Interval > 0;
  const scripted = (definition.ScriptArgs ?? []).length > 0;
  if (periodic && definition.GRPC !== '') return 'grpc';
  if (periodic && definition.HTTP !== '') return 'http';
  if (definition.TTL > 0) return 'ttl';
  if (periodic && definition.TCP !== '') return 'tcp';
  if (definition.AliasNode !== '' || definition.AliasService !== '') return 'alias';
  if (periodic && scripted && definition.DockerContainerID !== '') return 'docker';
  if (periodic && scripted) return 'script';
  return periodic && definition.H2PING !== '' ? 'h2ping' : '';
}
