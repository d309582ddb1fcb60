import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { completionScript, shells } from '../../../src/cli/completion.ts';
import get from '../../../src/commands/kv/get.ts';
import put from '../../../src/commands/kv/put.ts';
import version from '../../../src/commands/version.ts';

const definitions = { 'kv get': get, 'kv put': put, version };
const script = completionScript('bash', definitions);

/** What bash offers for these words, the last one unfinished. */
function offered(...words: string[]): string[] {
  const list = words.map((word) => `'${word}'`).join(' ');
  const line = `compopt() { :; }\n${script}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length - 1}; _tc; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter(Boolean);
}

describe('completion', () => {
  it('offers commands, then subcommands, then flags', () => {
    expect(offered('tc', '')).toEqual(['kv', 'version', '-h']);
    expect(offered('tc', 'kv', 'g')).toEqual(['get']);
    expect(offered('tc', 'kv', 'get', '-de')).toEqual(['-detailed']);
    expect(offered('tc', 'kv', 'get', '-datac')).toEqual(['-datacenter=']);
  });

  it('offers the words that a flag takes', () => {
    expect(offered('tc', 'kv', 'get', '-format', '=', 'j')).toEqual(['json']);
    expect(offered('tc', 'version', '-format', '')).toEqual(['pretty', 'json']);
  });

  it.each(shells)('writes a script for %s that names every command and flag', (shell) => {
    const text = completionScript(shell, definitions);
    for (const word of ['get', 'put', 'version', 'modify-index', 'http-addr']) expect(text).toContain(word);
  });
});
