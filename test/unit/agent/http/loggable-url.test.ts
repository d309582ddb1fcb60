import { describe, expect, it } from 'vitest';
import { loggableUrl } from '../../../../src/agent/http/loggable-url.ts';

describe('a URL in the log', () => {
  it.each([
    ['/v1/kv/a?token=x', '/v1/kv/a?token=<hidden>'],
    ['/v1/kv/a?dc=b&token=x&raw', '/v1/kv/a?dc=b&token=<hidden>&raw'],
    ['/v1/kv/a?token=x&token=y', '/v1/kv/a?token=<hidden>&token=<hidden>'],
    ['/v1/kv/a;token=x', '/v1/kv/a;token=<hidden>'],
    ['/v1/kv/a?%74oken=x', '/v1/kv/a?%74oken=<hidden>'],
    ['/v1/kv/a?%zz=x', '/v1/kv/a?%zz=<hidden>'],
    ['/v1/kv/a?mytoken=x', '/v1/kv/a?mytoken=x'],
    ['/v1/acl/info/x?token=y', '/v1/acl/info/<hidden>?token=<hidden>'],
    ['/v1/acl/clone/x/y', '/v1/acl/clone/<hidden>'],
    ['/v1/acl/token/x', '/v1/acl/token/<hidden>'],
    ['/v1/acl/token/self', '/v1/acl/token/self'],
    ['/v1/acl/token', '/v1/acl/token'],
    ['/v1/acl/policy/x', '/v1/acl/policy/x'],
  ])('%s is written as %s', (url, written) => {
    expect(loggableUrl(url)).toBe(written);
  });
});
