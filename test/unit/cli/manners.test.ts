/** What holds for every command: examples in its help that name flags it has, and JSON for scripts. */
import { globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentFlags } from '../../../src/agent/config/flags.ts';
import type { Command } from '../../../src/cli/command.ts';
import { parseGoFlags } from '../../../src/cli/go-flags.ts';
import { httpFlags } from '../../../src/cli/http-flags.ts';
import { topics } from '../../../src/cli/topics.ts';

const folder = resolve(import.meta.dirname, '../../../src/commands');

async function allCommands(): Promise<Record<string, Command>> {
  const commands: Record<string, Command> = {};
  for (const file of globSync('**/*.ts', { cwd: folder })) {
    const words = relative('.', file).replace(/\.ts$/, '').replaceAll('/', ' ');
    commands[words] = ((await import(resolve(folder, file))) as { default: Command }).default;
  }
  return commands;
}
const commands = await allCommands();

/** Why a command has no -format. */
const withoutFormat: Readonly<Record<string, string>> = {
  agent: 'runs',
  completion: 'prints a script',
  'config read': 'prints JSON anyway',
  'connect ca get-config': 'prints JSON anyway',
  'connect envoy': 'prints JSON anyway',
  'connect envoy pipe-bootstrap': 'prints nothing',
  'connect proxy': 'runs',
  'connect redirect-traffic': 'does nothing yet',
  exec: 'prints what its children do',
  'force-leave': 'prints nothing',
  'kv export': 'prints JSON anyway',
  lock: 'prints what its child does',
  login: 'prints nothing',
  logout: 'prints nothing',
  'snapshot agent': 'runs, and logs',
  watch: 'prints JSON anyway',
};

/** Words of a line as a shell makes them. */
const wordsOf = (line: string): string[] =>
  [...line.split(/ (?:&&|\||>) /)[0]!.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  );

describe.each(Object.entries(commands))('%s', (words, command) => {
  it('has examples that could be run', () => {
    expect(command.examples?.length ?? 0).toBeGreaterThan(0);
    for (const [line] of command.examples ?? []) {
      const argv = wordsOf(line);
      const name = words.split(' ');
      expect(argv.slice(0, name.length)).toEqual(name);
      const rest = argv.slice(name.length);
      if (command.raw === true) {
        const known = rest.filter((word) => word.startsWith('-')).map((word) => /^-([^=]*)/.exec(word)?.[1]);
        for (const flag of known) expect(agentFlags.map(({ name }) => name)).toContain(flag);
        continue;
      }
      const flags = { ...command.flags, ...httpFlags(command.http) };
      const parsed = parseGoFlags(flags, rest, { anywhere: command.flagsAnywhere === true });
      expect(parsed).toMatchObject({ ok: true });
      // A flag behind a word would be none.
      if (parsed.ok && words !== 'lock' && words !== 'watch') {
        expect(parsed.args.filter((word) => word.startsWith('-') && word !== '-')).toEqual([]);
      }
    }
  });

  it('prints JSON when asked', () => {
    if (Object.hasOwn(withoutFormat, words)) expect(command.flags).not.toHaveProperty('format');
    else expect(command.flags['format']?.choices).toContain('json');
  });
});

it.each(Object.entries(topics))('the group %s has examples of its commands', (words, { examples }) => {
  expect(examples.length).toBeGreaterThan(0);
  for (const [line] of examples) {
    expect(line).toMatch(new RegExp(`^${words} `));
    expect(Object.keys(commands).some((name) => `${line} `.startsWith(`${name} `))).toBe(true);
  }
});
