/** The id of this node: configured, kept in the data directory, derived from the machine, or made. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../lib/runtime.ts';
import type { Config } from '../config/config.ts';

/** Thrown for an id in the data directory that is none. */
export class NodeIdError extends Error {
  override readonly name = 'NodeIdError';
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function nodeIdOf(
  config: Pick<Config, 'nodeId' | 'dataDir' | 'devMode' | 'disableHostNodeId'>,
  random: Random,
): string {
  if (config.nodeId !== '') return config.nodeId;
  if (config.devMode || config.dataDir === '') return newId(config.disableHostNodeId, random);
  const path = join(config.dataDir, 'node-id');
  if (existsSync(path)) {
    const id = readFileSync(path, 'utf8').trim().toLowerCase();
    if (!uuid.test(id)) throw new NodeIdError(`${path}: it holds no node ID (${JSON.stringify(id.slice(0, 64))})`);
    return id;
  }
  const id = newId(config.disableHostNodeId, random);
  // In one step: a crash in between must not leave half an id.
  writeFileSync(`${path}.tmp`, id, { mode: 0o600, flush: true });
  renameSync(`${path}.tmp`, path);
  return id;
}

function newId(disableHostNodeId: boolean, random: Random): string {
  const host = disableHostNodeId ? '' : hostId();
  if (host === '') return random.uuid();
  // Hashed, as Consul does it: the ids of neighbouring machines should be nowhere near each other.
  const hex = createHash('sha512').update(host).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

/** What identifies the machine, or ''. */
function hostId(): string {
  for (const file of ['/sys/class/dmi/id/product_uuid', '/etc/machine-id']) {
    try {
      const id = readFileSync(file, 'utf8').trim().toLowerCase();
      if (id !== '') return id;
    } catch {
      // Not every system has it or shows it to everybody.
    }
  }
  return '';
}
