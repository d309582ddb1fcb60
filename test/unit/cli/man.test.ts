import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { defineCommand } from '../../../src/cli/command.ts';
import { flag } from '../../../src/cli/flags.ts';
import { manPages } from '../../../src/cli/man.ts';

const commands = {
  'kv get': defineCommand({
    summary: "What's there",
    usage: 'kv get [options] KEY',
    description: '.dots at the beginning, a \\ and "quotes".\n\nAnother paragraph - with a dash.',
    examples: [["kv get 'a b'", 'One key:']],
    http: 'all',
    flags: { raw: flag.bool('As it is.'), sep: flag.string('Where.', { initial: '/' }) },
    run() {},
  }),
  inner: defineCommand({ summary: 'Ours', usage: 'inner', internal: true, run() {} }),
};
const pages = manPages({ version: '1.2.3', commands });

it('there is a page for each command that is shown, and one for all', () => {
  expect([...pages.keys()].sort()).toEqual(['tc-kv-get.1', 'tc.1']);
  expect(pages.get('tc.1')).toContain(".BR tc\\-kv\\-get (1)\nWhat's there\n");
});

it('a page says what the help says', () => {
  const page = pages.get('tc-kv-get.1');
  expect(page).toContain('.B \\-sep=<value>\nWhere. Default: /.\n');
  expect(page).toContain('.SH CONNECTION OPTIONS');
  expect(page).toContain("$ tc kv get 'a b'");
});

it('what has a meaning for the formatter is shown as it is', ({ skip }) => {
  expect(pages.get('tc-kv-get.1')).toContain('\n\\&.dots at the beginning, a \\e and "quotes".\n');
  const groff = spawnSync('groff', ['-man', '-Tascii', '-ww', '-P-cbou'], { input: pages.get('tc-kv-get.1') });
  if (groff.error !== undefined) return skip('groff is not installed');
  expect(groff.stderr.toString()).toBe('');
  const text = groff.stdout.toString().replaceAll(/\s+/g, ' ');
  expect(text).toContain('.dots at the beginning, a \\ and "quotes".');
});
