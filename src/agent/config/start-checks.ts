/** What only an agent that starts minds; `validate` accepts all of it. */

import { readMaterial, TlsSettingsError } from '../tls/material.ts';
import type { TlsSettings } from './config.ts';
import type { Files } from './host.ts';
import type { Loaded } from './load.ts';
import { refusal } from './unsupported.ts';

const logLevels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERR', 'ERROR'];
const protocols = { min: 2, max: 3 };
const defaultPolicies = ['allow', 'deny'];

/** Why the agent cannot even log; goes to stderr after `==> `. */
export function setupError({ config, settings }: Loaded, files: Files): string | undefined {
  const unsupported = refusal(settings);
  if (unsupported !== undefined) return unsupported;
  if (!logLevels.includes(config.log.level.toUpperCase())) {
    return `Invalid log level: ${config.log.level}. Valid log levels are: [${logLevels.join(' ')}]`;
  }
  const insecure = tlsProblem(config.tls, files);
  if (insecure !== undefined) return insecure;
  const problem = config.nodeId === '' ? undefined : nodeIdProblem(config.nodeId);
  return problem === undefined ? undefined : `failed to setup node ID: specified NodeID is invalid: ${problem}`;
}

/** Why the agent gives up once it logs; goes to the log as `agent: Error starting agent: error="…"`. */
export function startError({ config: { acl, server, protocol } }: Loaded): string | undefined {
  const { min, max } = protocols;
  if (acl.enabled && !defaultPolicies.includes(acl.defaultPolicy)) {
    return `Unsupported default ACL policy: ${acl.defaultPolicy}`;
  }
  if (protocol >= min && protocol <= max) return undefined;
  const complaint = protocol < min ? 'too low' : 'too high';
  return `Failed to start Consul ${server ? 'server' : 'client'}: Protocol version '${protocol}' ${complaint}. Must be in range: [${min}, ${max}]`;
}

function tlsProblem(settings: TlsSettings, files: Files): string | undefined {
  try {
    readMaterial(settings, files);
    return undefined;
  } catch (error) {
    if (error instanceof TlsSettingsError) return error.message;
    throw error;
  }
}

function nodeIdProblem(id: string): string | undefined {
  if (id.length !== 36) return 'uuid string is wrong length';
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id)
    ? undefined
    : 'uuid is improperly formatted';
}
