/** The manual pages that ship, as the formatter reads them. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { tc } from './tc.ts';

const folder = resolve(import.meta.dirname, '../../../dist/man/man1');
const pages = readdirSync(folder).filter((name) => name.endsWith('.1'));

it('there is one for every command of the help', async () => {
  const { out } = await tc(['-h']);
  const commands = Array.from(out.matchAll(/^ {4}([a-z][a-z-]+) {2,}/gm), ([, name]) => name!);
  expect(commands.length).toBeGreaterThan(20);
  const documented = new Set(pages.map((name) => name.replace(/^tc-?/, '').replace(/\.1$/, '')));
  const lacking = commands.filter(
    (name) => ![...documented].some((page) => page === name || page.startsWith(`${name}-`)),
  );
  expect(lacking).toEqual([]);
});

it('none of them disturbs the formatter', ({ skip }) => {
  const options = ['-man', '-Tutf8', '-ww', '-P-cbou'];
  const groff = spawnSync('groff', [...options, ...pages], { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (groff.error !== undefined) return skip('groff is not installed');
  expect([groff.status, groff.stderr]).toEqual([0, '']);
  for (const name of pages) expect(groff.stdout).toContain(`${name.slice(0, -2)}(1)`);
});
