/** `tc monitor` on a terminal: keys change the level while it runs. */
import { expect, it } from 'vitest';
import { AgentProcess, tc } from '../agent-process.ts';
import { prompt, Tmux, whyNoTmux } from './tmux.ts';

const missing = whyNoTmux();

it.skipIf(missing !== undefined && process.env['CI'] === undefined)('keys change the level, q ends', async () => {
  await using agent = await AgentProcess.create({ dev: true });
  await agent.start();
  await using tmux = await Tmux.open({ columns: 120, rows: 40, env: { CONSUL_HTTP_ADDR: agent.address } });
  await tmux.type(`${tc} monitor -log-level=err`);
  await tmux.press('Enter');
  await tmux.until(/Level keys: t d i w e/);
  await agent.request('GET', '/v1/kv/before');
  await tmux.type('d');
  await tmux.until(/-- level debug/);
  await agent.request('GET', '/v1/kv/meanwhile');
  const detailed = await tmux.until(/\[DEBUG\] .*\/v1\/kv\/meanwhile/);
  expect(detailed).not.toContain('/v1/kv/before');
  await tmux.type('-');
  await tmux.until(/-- level info/);
  await agent.request('GET', '/v1/kv/after');
  await agent.request('PUT', '/v1/agent/maintenance?enable=true');
  expect(await tmux.until(/\[INFO\] .*[Mm]aintenance/)).not.toContain('/v1/kv/after');
  await tmux.press('q');
  await tmux.until(prompt);

  // The terminal is as before: Ctrl-C is the shell's again, and it was the command's while it ran.
  await tmux.type(`clear; ${tc} monitor`);
  await tmux.press('Enter');
  await tmux.until(/Level keys/);
  await tmux.press('C-c');
  await tmux.until(prompt);
  await tmux.type('stty -a | grep -o " icanon"');
  await tmux.press('Enter');
  await tmux.until(/^ icanon$/m);
});
