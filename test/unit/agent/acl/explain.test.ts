import { describe, expect, it } from 'vitest';
import { Denials } from '../../../../src/agent/acl/denials.ts';
import { explain } from '../../../../src/agent/acl/explain.ts';
import { authorizerOf, sourcesOf } from '../../../../src/agent/acl/grants.ts';
import { failure } from '../../../../src/agent/http/answer.ts';
import type { LogFields } from '../../../../src/agent/telemetry/api.ts';
import { ACLPolicy, ACLRole, ACLToken } from '../../../../src/structs/acl.ts';
import { make } from '../../../../src/structs/make.ts';
import { silentLogger } from '../../../silent.ts';

const policies = [
  make(ACLPolicy, { ID: 'p1', Name: 'apps', Rules: 'key_prefix "apps/" { policy = "read" }' }),
  make(ACLPolicy, { ID: 'p2', Name: 'web', Rules: 'key "apps/web" { policy = "write" }' }),
];
const role = make(ACLRole, { ID: 'r', Name: 'reader', Policies: [{ ID: 'p1', Name: 'apps' }] });
const token = make(ACLToken, {
  AccessorID: 'acc',
  Roles: [{ ID: 'r', Name: '' }],
  Policies: [{ ID: 'p2', Name: '' }],
  ServiceIdentities: [{ ServiceName: 'web', Datacenters: null }],
});
const links = { policy: (id: string) => policies.find(({ ID }) => ID === id), role: () => role };
const authorizer = authorizerOf(token, links, { datacenter: 'dc1', fallback: 'deny' });
const sources = sourcesOf(token, links, 'dc1');

describe('an explanation', () => {
  it('names the rule that decided, where it is from, and the rules that lost', () => {
    expect(explain(authorizer, sources, 'key', 'write', 'apps/web')).toEqual({
      Resource: 'key',
      Segment: 'apps/web',
      Access: 'write',
      Allow: true,
      Because: 'key "apps/web" { policy = "write" }',
      From: ['policy "web"'],
      Others: [{ Rule: 'key_prefix "apps/" { policy = "read" }', From: ['role "reader" -> policy "apps"'] }],
    });
  });

  it('names the default where no rule speaks', () => {
    const { Allow, Because, From, Others } = explain(authorizer, sources, 'operator', 'read', '');
    expect([Allow, Because, From, Others]).toEqual([false, 'default_policy = "deny"', [], []]);
  });

  it('knows what identities stand for', () => {
    const { Allow, From } = explain(authorizer, sources, 'service', 'write', 'web-sidecar-proxy');
    expect([Allow, From]).toEqual([true, ['service identity "web"']]);
  });
});

describe('a refusal', () => {
  function refuse(explains: boolean) {
    const logged: LogFields[] = [];
    const logger = { ...silentLogger, info: (_: string, fields: LogFields = {}) => void logged.push(fields) };
    const denials = new Denials({ logger, explain: () => explains });
    return { logged, answer: failure(denials.refusal(authorizer, 'key', 'write', 'apps/\u00fc\r\nX: 1')) };
  }

  it('is logged with who lacked what, and by which rule', () => {
    expect(refuse(false).logged).toEqual([
      {
        accessor: 'acc',
        needed: 'key:write',
        name: 'apps/\u00fc\r\nX: 1',
        because: 'key_prefix "apps/" { policy = "read" }',
      },
    ]);
  });

  it('tells the caller why only where that is wanted, in a header that stays one', () => {
    expect(refuse(false).answer.headers).not.toContain('X-Tc-Acl-Reason');
    const { headers } = refuse(true).answer;
    const reason = headers[headers.indexOf('X-Tc-Acl-Reason') + 1];
    const because = 'key_prefix "apps/" { policy = "read" }';
    expect(reason).toBe(`token acc lacks key:write on "apps/\\u00fc\\r\\nX: 1": ${because}`);
  });
});
