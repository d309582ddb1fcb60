import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { packFolder } from '../../../../src/cli/debug/pack.ts';
import { TarReader } from '../../../../src/lib/tar.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'tc-pack-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

it('packs a folder under its name, for the owner alone, and removes it', () => {
  const folder = join(parent, 'found');
  mkdirSync(join(folder, '17'), { recursive: true });
  writeFileSync(join(folder, 'index.json'), '{}');
  writeFileSync(join(folder, '17', 'consul.log'), 'x'.repeat(1000));
  writeFileSync(join(parent, 'found.tar.gz'), 'of an earlier run');

  const archive = packFolder(folder);
  expect(archive).toBe(join(parent, 'found.tar.gz'));
  expect(existsSync(folder)).toBe(false);
  expect(statSync(archive).mode & 0o777).toBe(0o600);
  const members: Record<string, string> = {};
  let name = '';
  for (const event of new TarReader().push(gunzipSync(readFileSync(archive)))) {
    if (event.kind === 'member') name = event.name;
    if (event.kind === 'data') members[name] = (members[name] ?? '') + Buffer.from(event.bytes).toString();
  }
  expect(members).toEqual({ 'found/17/consul.log': 'x'.repeat(1000), 'found/index.json': '{}' });
});
