import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirError, holdDataDir } from '../../../../src/agent/local/data-dir.ts';
import { NodeIdError, nodeIdOf } from '../../../../src/agent/local/node-id.ts';
import { nodeRuntime } from '../../../../src/lib/runtime-node.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'tc-local-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const id = (more: Partial<Parameters<typeof nodeIdOf>[0]> = {}) =>
  nodeIdOf({ nodeId: '', dataDir, devMode: false, disableHostNodeId: true, ...more }, nodeRuntime.random);

describe('the id of a node', () => {
  it('is made once and kept in the data directory', () => {
    const made = id();
    expect(made).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(id()).toBe(made);
    expect(readFileSync(join(dataDir, 'node-id'), 'utf8')).toBe(made);
    expect(statSync(join(dataDir, 'node-id')).mode & 0o777).toBe(0o600);
  });

  it('is what the configuration says, whatever is kept', () => {
    const kept = id();
    const configured = 'a0000000-0000-4000-8000-000000000001';
    expect(id({ nodeId: configured })).toBe(configured);
    expect(id()).toBe(kept);
  });

  it('is another one at every start in development mode', () => {
    expect(id({ devMode: true })).not.toBe(id({ devMode: true }));
  });

  it('is refused, with the file named, when what is kept is none', () => {
    writeFileSync(join(dataDir, 'node-id'), 'half an i');
    expect(() => id()).toThrow(NodeIdError);
    expect(() => id()).toThrow(join(dataDir, 'node-id'));
  });
});

describe('a data directory', () => {
  it('is held by one agent at a time', async () => {
    const path = join(dataDir, 'made');
    const hold = await holdDataDir(path);
    await expect(holdDataDir(path)).rejects.toThrow(DataDirError);
    await expect(holdDataDir(path)).rejects.toThrow(`data directory ${path} is in use by another agent`);
    const other = await holdDataDir(join(dataDir, 'other'));
    await hold.release();
    const again = await holdDataDir(path);
    await Promise.all([again.release(), other.release()]);
  });

  it('that cannot be made is named', async () => {
    const file = join(dataDir, 'file');
    writeFileSync(file, '');
    await expect(holdDataDir(join(file, 'below'))).rejects.toThrow(`Failed to create data directory ${file}/below`);
  });
});
