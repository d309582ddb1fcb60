import { describe, expect, it } from 'vitest';
import { accessOf, decisionText } from '../../../src/cli/acl-explain.ts';

describe('what acl explain is asked', () => {
  it.each([
    ['key:apps/web:write', 'key', 'apps/web', 'write'],
    ['key:a:b:read', 'key', 'a:b', 'read'],
    ['key::read', 'key', '', 'read'],
    ['operator:read', 'operator', '', 'read'],
  ])('%s', (text, Resource, Segment, Access) => {
    expect(accessOf(text)).toEqual({ Resource, Segment, Access });
  });

  it.each(['', 'key', ':x', 'key:'])('is refused as %j', (text) => {
    expect(() => accessOf(text)).toThrow('must be RESOURCE:NAME:ACCESS');
  });
});

it('shows decisions with their rules', () => {
  const access = { Resource: 'key', Segment: 'k', Access: 'write' };
  const decision = { ...access, Allow: false, Because: 'RULE', From: ['policy "p"'], Others: null };
  expect(decisionText({ AccessorID: 'acc', Description: 'mine', Decisions: [decision] })).toBe(
    'Token:    acc (mine)\nDenied   key:write on "k"\n   Because:  RULE\n   From:     policy "p"\n',
  );
});
