/** The guided forms of the ACL commands, in a real terminal. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess, tc } from '../agent-process.ts';
import { management } from '../security.ts';
import { Tmux, whyNoTmux } from '../tui/tmux.ts';
import { startWithToken } from './ready.ts';

const master = management;

describe.skipIf(whyNoTmux() !== undefined)('a form on a terminal', () => {
  let agent: AgentProcess;
  beforeAll(async () => {
    const hcl = `acl { enabled = true default_policy = "deny" tokens { master = "${master}" } }`;
    agent = await AgentProcess.create({ dev: true, args: ['-hcl', hcl] });
    await startWithToken(agent, master);
  });
  afterAll(() => agent[Symbol.asyncDispose]());

  it('makes a policy and a token for it, and shows the commands that would', async () => {
    const env = { CONSUL_HTTP_ADDR: agent.address, CONSUL_HTTP_TOKEN: master };
    await using tmux = await Tmux.open({ columns: 110, rows: 60, env });
    const answer = async (question: RegExp, ...keys: string[]): Promise<void> => {
      await tmux.until(question);
      await tmux.press(...keys);
    };
    const say = async (question: RegExp, text: string): Promise<void> => {
      await tmux.until(question);
      await tmux.type(text);
      await tmux.press('Enter');
    };
    await tmux.type(`${tc} acl policy create`);
    await tmux.press('Enter');
    await say(/Name of the policy/, 'apps');
    await say(/What is it for\?/, 'to read apps');
    await answer(/What is the rule about\?[\s\S]*key - keys/, 'Enter');
    await answer(/Which key\?[\s\S]*all that begin/, 'Enter');
    await say(/Beginning of the name/, 'apps/');
    await answer(/What may be done\?[\s\S]*read/, 'Enter');
    await say(/Another rule\?/, 'n');
    const asked = await tmux.until(/Create this policy\?/);
    expect(asked).toContain('key_prefix "apps/" {');
    expect(asked).toContain(`tc acl policy create -name=apps -description='to read apps'`);
    await say(/Create this policy\?/, 'y');
    await tmux.until(/Name: +apps/);
    await tmux.type(`clear; ${tc} acl token create`);
    await tmux.press('Enter');
    await say(/What is the token for\?/, 'cart');
    await answer(/Policies[\s\S]*apps - to read apps/, 'Space', 'Enter');
    await say(/Services it stands for/, 'cart');
    await say(/Nodes it stands for/, '');
    await say(/Valid for how long/, '8h');
    await say(/Only in this datacenter\?/, 'n');
    const preview = await tmux.until(/Create this token\?/);
    expect(preview).toContain('service "cart-sidecar-proxy" { policy = "write" }');
    expect(preview).toContain(
      'tc acl token create -description=cart -expires-ttl=8h -policy-name=apps -service-identity=cart',
    );
    await say(/Create this token\?/, 'y');
    const made = await tmux.until(/SecretID: +[0-9a-f-]{36}/);
    expect(made).toMatch(/Service Identities:\n +cart/);
    // Thought better of: nothing is made, and the exit code says so.
    await tmux.type(`clear; echo again; ${tc} acl token create; echo "code $?"`);
    await tmux.press('Enter');
    // Not the question of the form before, which is still to be seen for a moment.
    await answer(/^again\n\? What is the token for\?/m, 'C-c');
    await tmux.until(/code 130/);
  });
});
