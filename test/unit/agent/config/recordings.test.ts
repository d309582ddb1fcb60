/** Replays what Consul was seen to print for broken and suspicious configurations. */

import { describe, expect, it } from 'vitest';
import { agentFlags, parseAgentFlags } from '../../../../src/agent/config/flags.ts';
import type { Host } from '../../../../src/agent/config/host.ts';
import { loadConfig } from '../../../../src/agent/config/load.ts';
import { setupError } from '../../../../src/agent/config/start-checks.ts';
import { helpText } from '../../../../src/agent/config/usage.ts';
import { validateFiles } from '../../../../src/agent/config/validate.ts';
import refusals from '../../../data/config/agent-refusals.json' with { type: 'json' };
import validations from '../../../data/config/validate.json' with { type: 'json' };
import { fakeHost } from './fake-host.ts';

const dir = '/case';
const fill = (text: string) => text.replace(/\$\{dir\}/g, dir);

/** Recorded outputs are exact texts, lists of texts that have to occur, or the facts of a help text. */
type Recorded =
  | string
  | readonly string[]
  | { readonly lead: string; readonly usage: string; readonly flags: 'all' | readonly [] };

function hostWith(files: Readonly<Record<string, string | undefined>>): Host {
  const entries = Object.entries(files).map(([name, text]) => [`${dir}/${name}`, fill(text ?? '')]);
  return fakeHost({ [`${dir}/emptyd/`]: '', ...Object.fromEntries(entries) });
}

function expectOutput(actual: string, recorded: Recorded | undefined): void {
  if (recorded === undefined) return;
  if (typeof recorded === 'string') expect(actual).toBe(fill(recorded));
  else if (!('lead' in recorded)) for (const text of recorded) expect(actual).toContain(fill(text));
  else {
    const usageAt = actual.search(/^Usage:/m);
    const lead = usageAt === -1 ? actual : actual.slice(0, usageAt);
    expect(lead.trim()).toBe(recorded.lead);
    if (recorded.flags !== 'all') return;
    expect(actual.slice(usageAt).split('\n')[0]).toBe(recorded.usage.replace('<prog>', 'tc'));
    expect(flagsIn(actual)).toEqual(refusals.flags);
  }
}

/** Flags of a help text, with `=` behind those that take a value. */
const flagsIn = (help: string): string[] =>
  [...help.matchAll(/^ {2}-([\w-]+)(=<value>| value)?$/gm)].map(([, name, value]) => name + (value ? '=' : '')).sort();

describe('validate prints what was recorded', () => {
  for (const { args, files, exit, stdout, stderr } of validations.cases) {
    it(args.join(' ') + (files === undefined ? '' : ` of ${JSON.stringify(files)}`), () => {
      const paths = args.filter((arg) => !arg.startsWith('-')).map(fill);
      const format = args.find((arg) => arg.startsWith('-config-format='))?.split('=')[1] ?? '';
      const outcome = validateFiles(paths, { format, quiet: args.includes('-quiet') }, hostWith(files ?? {}));
      expect(outcome.exitCode).toBe(exit);
      expectOutput(outcome.stderr, stderr);
      expectOutput(outcome.stdout, stdout);
    });
  }
});

describe('agent refuses to start as recorded', () => {
  for (const { args, exit, stdout, stderr } of refusals.cases) {
    it(args.join(' '), () => {
      const outcome = runAgent(args.map(fill));
      expectOutput(outcome.stderr, stderr as Recorded);
      expectOutput(outcome.stdout, stdout as Recorded);
      expect(outcome.code).toBe(exit);
    });
  }
});

function runAgent(argv: readonly string[]): { code: number; stdout: string; stderr: string } {
  const parsed = parseAgentFlags(argv);
  if (parsed.kind === 'help') return { code: 0, stdout: helpText(agentFlags, ''), stderr: '' };
  if (parsed.kind === 'error') return { code: 1, stdout: '', stderr: parsed.message };
  const host = hostWith(refusals.files);
  const result = loadConfig(parsed.flags, host);
  const message = result.kind === 'error' ? result.message : setupError(result.loaded, host.files);
  return message === undefined
    ? { code: 0, stdout: '', stderr: '' }
    : { code: 1, stdout: '', stderr: `==> ${message}\n` };
}
