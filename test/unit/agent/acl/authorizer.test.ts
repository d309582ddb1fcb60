import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Access,
  type Authorizer,
  createAuthorizer,
  type Fallback,
  type Resource,
} from '../../../../src/agent/acl/authorizer.ts';
import { type Level, type NamedRule, parseRules, type Rules } from '../../../../src/agent/acl/rules.ts';

const of = (text: string, fallback: Fallback = 'deny'): Authorizer => createAuthorizer([parseRules(text)], fallback);

/** The documented rules, word by word and slowly: all that apply are looked at, every time. */
function naive(
  sources: readonly Rules[],
  fallback: Fallback,
  resource: Resource,
  access: Access,
  name: string,
): boolean {
  const byDefault = fallback === 'manage' || (fallback === 'allow' && resource !== 'acl' && resource !== 'snapshot');
  const strength: Record<Level, number> = { read: 1, list: 2, write: 3, deny: 4 };
  const granted: Record<Level, readonly Access[]> = {
    deny: [],
    read: ['read'],
    list: ['read', 'list'],
    write: ['read', 'list', 'write', 'write-prefix'],
  };
  const worst = (levels: Level[]): Level | undefined => levels.sort((a, b) => strength[b] - strength[a])[0];
  const decide = (level: Level | undefined, wanted: Access): boolean =>
    level === undefined ? byDefault : granted[level].includes(wanted);
  if (resource === 'acl' || resource === 'keyring' || resource === 'operator' || resource === 'snapshot') {
    const single = resource === 'snapshot' ? 'acl' : resource;
    const levels = sources.flatMap((rules) => rules.single[single] ?? []);
    return decide(worst(levels), resource === 'snapshot' ? 'write' : access);
  }
  const levelOf = (rule: NamedRule): Level => {
    if (resource !== 'intention') return rule.level;
    return rule.intentions !== '' ? rule.intentions : rule.level === 'deny' ? 'deny' : 'read';
  };
  const ruleResource = resource === 'intention' ? 'service' : resource;
  const rules = sources.flatMap((one) => one.named).filter((rule) => rule.resource === ruleResource);
  const levelAt = (at: string, prefix: boolean): Level | undefined =>
    worst(rules.filter((rule) => rule.name === at && rule.prefix === prefix).map(levelOf));
  const longest = (): Level | undefined => {
    for (let length = name.length; length >= 0; length--) {
      const level = levelAt(name.slice(0, length), true);
      if (level !== undefined) return level;
    }
    return undefined;
  };
  if (access === 'write-prefix') {
    const below = rules.filter((rule) => rule.name.startsWith(name)).map((rule) => levelAt(rule.name, rule.prefix));
    if (below.some((level) => level !== 'write')) return false;
    return decide(longest(), 'write');
  }
  return decide(levelAt(name, false) ?? longest(), access);
}

// Few letters, so that names and prefixes meet.
const names = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 4 });
const named = ['agent', 'key', 'node', 'service', 'session', 'event', 'query'] as const;
const level = fc.constantFrom<Level>('deny', 'read', 'write');
const rule = fc.record({
  resource: fc.constantFrom(...named),
  name: names,
  prefix: fc.boolean(),
  level: fc.constantFrom<Level>('deny', 'read', 'list', 'write'),
  intentions: fc.constantFrom<Level | ''>('', 'deny', 'read', 'write'),
});
const policy: fc.Arbitrary<Rules> = fc.record({
  single: fc.record({ acl: level, keyring: level, operator: level }, { requiredKeys: [] }),
  named: fc.array(rule, { maxLength: 12 }),
});

describe('an authorizer', () => {
  it('decides as the documented rules do, for any policies', () => {
    const resource = fc.constantFrom<Resource>(...named, 'acl', 'keyring', 'operator', 'intention', 'snapshot');
    const question = fc.tuple(resource, fc.constantFrom<Access>('read', 'list', 'write'), names);
    const prefixes = fc.tuple(fc.constant<Resource>('key'), fc.constant<Access>('write-prefix'), names);
    const fallback = fc.constantFrom<Fallback>('allow', 'deny', 'manage');
    let decisions = 0;
    fc.assert(
      fc.property(
        fc.array(policy, { maxLength: 3 }),
        fallback,
        fc.array(fc.oneof(question, prefixes), { minLength: 20, maxLength: 40 }),
        (sources, otherwise, questions) => {
          const authorizer = createAuthorizer(sources, otherwise);
          decisions += questions.length;
          for (const [about, access, name] of questions) {
            const expected = naive(sources, otherwise, about, access, name);
            const decided = authorizer.allows(about, access, name);
            const explained = authorizer.explain(about, access, name).allowed;
            // Asserted only where it fails: a hundred thousand assertions would be most of the time.
            if (decided !== expected || explained !== expected) {
              expect([about, access, name, decided, explained]).toEqual([about, access, name, expected, expected]);
            }
          }
        },
      ),
      { numRuns: 5000 },
    );
    expect(decisions).toBeGreaterThanOrEqual(100_000);
  });

  it('prefers the exact rule, then the longest prefix', () => {
    const authorizer = of(
      'key_prefix "a/" { policy = "write" } key "a/x" { policy = "deny" } key_prefix "" { policy = "read" }',
    );
    expect(authorizer.allows('key', 'write', 'a/y')).toBe(true);
    expect(authorizer.allows('key', 'read', 'a/x')).toBe(false);
    expect(authorizer.allows('key', 'read', 'a/xy')).toBe(true);
    expect(authorizer.allows('key', 'write', 'b')).toBe(false);
  });

  it('lets nobody remove a tree with a key in it that is not theirs', () => {
    const authorizer = of('key_prefix "a/" { policy = "write" } key "a/b/c" { policy = "read" }');
    expect(authorizer.allows('key', 'write-prefix', 'a/')).toBe(false);
    expect(authorizer.allows('key', 'write-prefix', 'a/x')).toBe(true);
  });

  it('takes a rule for "*" to be about all services', () => {
    expect(of('service_prefix "" { policy = "read" intentions = "write" }').allows('intention', 'write', '*')).toBe(
      true,
    );
    expect(of('service "a" { policy = "read" intentions = "write" }').allows('intention', 'write', '*')).toBe(false);
    expect(of('service "a" { policy = "read" }').allows('intention', 'read', '*')).toBe(true);
  });

  it('names the rule that decided', () => {
    const authorizer = of('service "web" { policy = "read" intentions = "deny" }');
    expect(authorizer.explain('service', 'write', 'web')).toEqual({
      allowed: false,
      because: 'service "web" { policy = "read" intentions = "deny" }',
    });
    expect(authorizer.explain('node', 'read', 'n')).toEqual({ allowed: false, because: 'default_policy = "deny"' });
  });

  it('never opens the ACL system or snapshots by default_policy = "allow"', () => {
    const authorizer = of('', 'allow');
    expect(authorizer.allows('key', 'write', 'k')).toBe(true);
    expect(authorizer.allows('acl', 'read')).toBe(false);
    expect(authorizer.allows('snapshot', 'write')).toBe(false);
  });
});
