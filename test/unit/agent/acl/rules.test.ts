import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRules, RulesError } from '../../../../src/agent/acl/rules.ts';
import { translateRules } from '../../../../src/agent/acl/translate.ts';

const faultOf = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    if (error instanceof RulesError) return error.message;
    throw error;
  }
  return '';
};

describe('rules', () => {
  it('are the same in HCL and in JSON', () => {
    const hcl =
      'key_prefix "a/" { policy = "list" } service "web" { policy = "write" intentions = "read" } acl = "read"';
    const json =
      '{"key_prefix":{"a/":{"policy":"list"}},"service":{"web":{"policy":"write","intentions":"read"}},"acl":"read"}';
    expect(parseRules(json)).toEqual(parseRules(hcl));
    expect(parseRules(hcl)).toEqual({
      single: { acl: 'read' },
      named: [
        { resource: 'key', name: 'a/', prefix: true, level: 'list', intentions: '' },
        { resource: 'service', name: 'web', prefix: false, level: 'write', intentions: 'read' },
      ],
    });
  });

  it('were all about prefixes before 1.4', () => {
    expect(parseRules('key "a" { policy = "read" }', 'legacy').named[0]).toMatchObject({ name: 'a', prefix: true });
  });

  it.each([
    [
      'key "x" { policy = "bogus" }',
      'Invalid key policy: &acl.KeyRule{Prefix:"x", Policy:"bogus", EnterpriseRule:acl.EnterpriseRule{}}',
    ],
    [
      'node_prefix "x" { policy = "list" }',
      'Invalid node_prefix policy: &acl.NodeRule{Name:"x", Policy:"list", EnterpriseRule:acl.EnterpriseRule{}}',
    ],
    ['operator = "bogus"', 'Invalid operator policy: "bogus"'],
    ['nonsense {', 'Failed to parse ACL rules: At 1:12: object expected closing RBRACE got: EOF'],
  ])('are refused with what is wrong: %s', (text, message) => {
    expect(faultOf(() => parseRules(text))).toBe(message);
  });

  it('pass over what they do not know, __proto__ included', () => {
    expect(parseRules('unknown "x" { policy = "read" } __proto__ "x" { policy = "write" }').named).toEqual([]);
    expect(parseRules('{"__proto__":{"key":{"x":{"policy":"write"}}}}').named).toEqual([]);
  });

  it('fail in their own way only, whatever the text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('key', ' ', '"', '{', '}', '=', 'policy', '[', '#', '\n') }),
    );
    fc.assert(fc.property(text, (garbage) => void faultOf(() => [parseRules(garbage), translateRules(garbage)])));
  });
});

describe('the translation of old rules', () => {
  it('means today what the old rules meant', () => {
    const old = 'key "a" { policy = "read" }\nservice "w" { policy = "write" intentions = "deny" }\noperator = "read"';
    expect(parseRules(translateRules(old))).toEqual(parseRules(old, 'legacy'));
  });

  it('keeps comments between rules', () => {
    expect(translateRules('# a comment\nkey "x" { policy = "read" } # tail')).toBe(
      '# a comment\nkey_prefix "x" {\n  policy = "read"\n}\n\n# tail\n',
    );
  });
});
