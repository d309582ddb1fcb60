/** Services and checks in DebugConfig: by the names of Consul's structs, durations as texts, tokens hidden. Pure. */
import { formatDuration } from '../../lib/duration.ts';
import { ServiceDefinition } from '../../structs/catalog.ts';
import { resolve } from '../../structs/make.ts';
import type { Schema } from '../../structs/schema.ts';
import { checkOf, serviceOf } from '../local/configured.ts';
import { CheckDefinition } from '../local/definitions.ts';
import type { Settings } from './schema.ts';

export function definitionsDebug(settings: Pick<Settings, 'services' | 'checks'>) {
  return {
    Checks: settings.checks.map((check) => shown(CheckDefinition, checkOf(check), '')),
    Services: settings.services.map((service) => shown(ServiceDefinition, serviceOf(service), '')),
  };
}

/** Keys that users chose (headers, settings of proxies) for what nobody should see. */
const secret = /key|token|secret|password|authorization|cookie/i;

function shown(schema: Schema<unknown>, value: unknown, name: string): unknown {
  const { type } = resolve(schema);
  switch (type.kind) {
    case 'ptr':
      return value === null ? null : shown(type.of, value, name);
    case 'slice':
      return ((value ?? []) as readonly unknown[]).map((element) => shown(type.of, element, ''));
    case 'map':
      return Object.fromEntries(
        Object.entries(value ?? {}).map(([key, one]) => [key, secret.test(key) ? 'hidden' : shown(type.of, one, '')]),
      );
    case 'struct':
      return Object.fromEntries(
        Object.entries(type.fields)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([field, of]) => [field, shown(of, (value as Record<string, unknown>)[field], field)]),
      );
    case 'dur':
      return formatDuration(value as number);
    default:
      return name === 'Token' ? 'hidden' : value;
  }
}
