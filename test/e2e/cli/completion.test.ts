/** Completion as a user has it: a shell in a terminal, the script that it was told to read, and the tabulator key. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess, tc } from '../agent-process.ts';
import { Tmux, whyNoTmux } from '../tui/tmux.ts';

interface Shell {
  readonly name: 'bash' | 'zsh' | 'fish';
  /** Without anybody's configuration. */
  readonly start: string;
  readonly before: string;
}

const shells: readonly Shell[] = [
  { name: 'bash', start: 'bash --norc --noprofile', before: "PS1='>'" },
  { name: 'zsh', start: 'zsh -f', before: "PS1='>'; autoload -U compinit; compinit -u -D" },
  { name: 'fish', start: 'fish --no-config --private', before: "function fish_prompt; echo -n '>'; end" },
];

let agent: AgentProcess;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tc-completion-'));
  agent = await AgentProcess.create({ dev: true });
  await agent.start();
  for (const key of ['app/config/db', 'app/motd', 'app/my%20key']) await agent.request('PUT', `/v1/kv/${key}`, 'v');
  for (const Name of ['web', 'wiki']) {
    await agent.request('PUT', '/v1/agent/service/register', JSON.stringify({ Name, Tags: ['v1'] }));
  }
  writeFileSync(join(folder, 'backup.snap'), '');
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await agent[Symbol.asyncDispose]();
});

function whyNot(shell: Shell): string | undefined {
  const { error } = spawnSync(shell.name, ['--version']);
  return whyNoTmux() ?? (error === undefined ? undefined : `${shell.name} is not installed`);
}

describe.each(shells)('completion in $name', (shell) => {
  const missing = whyNot(shell);

  it.skipIf(missing !== undefined)(
    `finishes what was begun${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    async () => {
      const script = join(folder, `script.${shell.name}`);
      writeFileSync(script, execFileSync(tc, ['completion', shell.name]));
      const env = { CONSUL_HTTP_ADDR: agent.address, HOME: folder, XDG_CACHE_HOME: folder };
      await using tmux = await Tmux.open({ columns: 100, rows: 30, env });
      const enter = async (line: string): Promise<void> => {
        await tmux.type(line);
        await tmux.press('Enter');
      };
      await enter(`cd ${folder}; exec ${shell.start}`);
      await enter(shell.before);
      await tmux.until(/^>$/m);
      await enter(`source ${script}; clear`);

      /** Types each part and a tabulator after it; `shown` is what stands there then. */
      async function finishes(parts: readonly string[], shown: RegExp): Promise<void> {
        await tmux.press('C-u');
        for (const part of parts) {
          await tmux.type(part);
          await tmux.press('Tab');
        }
        // A candidate that came too late for one key comes with the next.
        for (let tries = 0; tries < 2; tries++) {
          const isLate = await tmux.until(shown, 5_000).then(
            () => false,
            () => true,
          );
          if (!isLate) return;
          await tmux.press('Tab');
        }
        await tmux.until(shown);
      }
      await finishes(['tc sna'], />tc snapshot/);
      await finishes(['tc kv get app/mo'], />tc kv get app\/motd/);
      await finishes(['tc kv get app/c', 'd'], />tc kv get app\/config\/db/);
      await finishes(['tc kv get app/my'], />tc kv get app\/my\\ key/);
      await finishes(['tc kv get -det'], />tc kv get -detailed/);
      await finishes(['tc catalog nodes -serv', 'wi'], />tc catalog nodes -service=wiki/);
      await finishes(['tc kv get -format=j'], />tc kv get -format=json/);
      await finishes(['tc health we'], />tc health web/);
      await finishes(['tc snapshot inspect back'], />tc snapshot inspect backup\.snap/);
      await finishes(['tc kv put k @back'], />tc kv put k @backup\.snap/);
      await finishes(['tc kv get -ca-file=back'], />tc kv get -ca-file=backup\.snap/);
      // Two that fit: both are shown.
      await finishes(['tc health w', ''], /web[\s\S]*wiki/);
      expect((await tmux.screen()).includes('not found')).toBe(false);
    },
    120_000,
  );
});
