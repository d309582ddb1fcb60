/** The services that configuration files define, as bodies for the API: what `services register` and `deregister` send. */
import type { ServiceDefinition } from '../../structs/catalog.ts';
import { ConfigError } from '../config/go-errors.ts';
import type { Files } from '../config/host.ts';
import type { Settings } from '../config/schema.ts';
import { mergeSources, withDefaults } from '../config/settings.ts';
import { decodeSource, readSources } from '../config/sources.ts';
import { serviceOf } from './configured.ts';

export interface ServiceBody {
  readonly id: string;
  readonly name: string;
  readonly body: object;
}

export type ServiceFiles =
  | { readonly kind: 'ok'; readonly services: readonly ServiceBody[]; readonly warnings: readonly string[] }
  | { readonly kind: 'error'; readonly message: string };

export function readServiceFiles(paths: readonly string[], files: Files): ServiceFiles {
  const warnings: string[] = [];
  try {
    const sources = readSources(paths, '', files, warnings).map(decodeSource);
    const settings: Settings = withDefaults(mergeSources(sources), { dev: false, env: {} });
    return { kind: 'ok', warnings, services: settings.services.map((service) => bodyOf(serviceOf(service))) };
  } catch (error) {
    if (error instanceof ConfigError) return { kind: 'error', message: error.message };
    throw error;
  }
}

const bodyOf = (service: ServiceDefinition): ServiceBody => ({
  id: service.ID || service.Name,
  name: service.Name,
  body: withoutZeros(service) as object,
});

/** What users wrote freely: every value in it counts. */
const free = new Set(['Config', 'Meta', 'Header', 'Tags']);
/** Sections that mean something by being there. */
const meantEmpty = new Set(['Connect', 'SidecarService', 'Weights']);
/** Programs are not registered over the network: the check goes without, and is refused. */
const neverSent = new Set(['ScriptArgs']);

/** A value that says nothing is left out. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => withoutZeros(element) ?? {});
  if (typeof value !== 'object' || value === null) {
    return value === '' || value === 0 || value === false || value === null ? undefined : value;
  }
  const kept = Object.entries(value)
    .filter(([name]) => !neverSent.has(name))
    .map(([name, inner]) => {
      if (free.has(name)) return [name, inner ?? undefined] as const;
      return [name, withoutZeros(inner) ?? (meantEmpty.has(name) && inner !== null ? {} : undefined)] as const;
    })
    .filter(([, inner]) => inner !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}
