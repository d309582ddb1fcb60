import { describe, expect, it } from 'vitest';
import { commandLine, policyForm, type Questions, tokenForm } from '../../../src/cli/acl-forms.ts';
import type { AclApi } from '../../../src/client/acl.ts';

/** Gives the answers in order; a choice by the beginning of its name. */
function answers(...given: (string | string[] | boolean)[]) {
  const asked: string[] = [];
  const next = <T>(message: string): T => {
    asked.push(message);
    return given.shift() as T;
  };
  const ask: Questions = {
    async text(message, check) {
      const text = next<string>(message);
      const fault = check?.(text) ?? null;
      if (fault !== null) throw new Error(`${message}: ${fault}`);
      return text;
    },
    async one(message, choices) {
      const wanted = next<string>(message);
      return choices.find(({ name }) => name.startsWith(wanted))!.value;
    },
    async some(message, choices) {
      const wanted = next<string[]>(message);
      return choices.filter(({ name }) => wanted.some((one) => name.startsWith(one))).map(({ value }) => value);
    },
    yes: async (message) => next<boolean>(message),
  };
  return { ask, asked };
}

const policies = [{ ID: 'p1', Name: 'kv', Description: 'keys', Rules: 'key_prefix "" { policy = "read" }' }];
const acl = {
  policies: async () => policies,
  policy: async () => policies[0],
  roles: async () => [{ ID: 'r1', Name: 'ops', Description: '', Policies: [{ ID: 'p1', Name: 'kv' }] }],
} as unknown as AclApi;

describe('the form for tokens', () => {
  it('fills the flags, and shows rules and command before it creates', async () => {
    let shown = '';
    const { ask } = answers("web's", ['kv'], ['ops'], 'web, api', 'n1:dc1', '8h', true, true);
    const filled = await tokenForm(acl, ask, (text) => {
      shown += text;
    });
    expect(filled).toEqual({
      texts: { description: "web's", 'expires-ttl': '8h' },
      lists: {
        'policy-name': ['kv'],
        'role-name': ['ops'],
        'service-identity': ['web', 'api'],
        'node-identity': ['n1:dc1'],
      },
      switches: ['local'],
    });
    expect(shown).toContain('   # policy kv\n   key_prefix "" { policy = "read" }\n');
    expect(shown).toContain('   # service identity api\n   service "api" { policy = "write" }\n');
    expect(shown).toContain(
      `tc acl token create -description='web'\\''s' -expires-ttl=8h -policy-name=kv -role-name=ops -service-identity=web -service-identity=api -node-identity=n1:dc1 -local`,
    );
  });

  it('creates nothing that could do nothing, and nothing that was not confirmed', async () => {
    expect(await tokenForm(acl, answers('x', [], [], '', '').ask, () => {})).toBeNull();
    expect(await tokenForm(acl, answers('x', ['kv'], [], '', '', '', false, false).ask, () => {})).toBeNull();
  });

  it('refuses names that cannot be', async () => {
    await expect(tokenForm(acl, answers('x', [], [], 'Web').ask, () => {})).rejects.toThrow('lower-case');
    await expect(tokenForm(acl, answers('x', [], [], '', 'n1').ask, () => {})).rejects.toThrow('NODE:DATACENTER');
  });
});

describe('the form for policies', () => {
  it('writes rules one after the other', async () => {
    let shown = '';
    const rule1 = ['key', 'all that', 'apps/', 'list', true] as const;
    const rule2 = ['operator', 'read', false] as const;
    const { ask } = answers('apps', '', ...rule1, ...rule2, true);
    const filled = await policyForm(ask, (text) => {
      shown += text;
    });
    const rules = 'key_prefix "apps/" {\n  policy = "list"\n}\noperator = "read"';
    expect(filled).toEqual({ texts: { name: 'apps', description: '', rules }, lists: {}, switches: [] });
    expect(shown).toContain('   key_prefix "apps/" {\n     policy = "list"\n   }\n   operator = "read"\n');
    expect(shown).toContain(commandLine('acl policy create', filled!));
  });
});
