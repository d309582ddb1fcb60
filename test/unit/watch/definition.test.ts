import { describe, expect, it } from 'vitest';
import { parseWatch } from '../../../src/watch/definition.ts';

const script = { args: ['/bin/true'] };
const http = { handler_type: 'http', http_handler_config: { path: 'http://localhost/x' } };

describe('a watch of the configuration', () => {
  it.each([
    [
      { type: 'key', key: 'a', ...script },
      { kind: 'script', words: ['/bin/true'], shell: false },
    ],
    [
      { type: 'nodes', handler: 'echo a | b' },
      { kind: 'script', words: ['echo a | b'], shell: true },
    ],
    [
      { type: 'nodes', ...http },
      { kind: 'http', path: 'http://localhost/x', method: 'POST', timeoutMs: 10_000, headers: {}, skipVerify: false },
    ],
    [
      {
        type: 'service',
        service: 'web',
        tag: ['a', 'b'],
        passingonly: true,
        handler_type: 'http',
        http_handler_config: [
          {
            path: 'https://h/',
            method: 'PUT',
            timeout: '5s',
            header: [{ A: ['1', '2'], B: '3' }],
            tls_skip_verify: true,
          },
        ],
      },
      {
        kind: 'http',
        path: 'https://h/',
        method: 'PUT',
        timeoutMs: 5_000,
        headers: { A: ['1', '2'], B: ['3'] },
        skipVerify: true,
      },
    ],
    [
      { type: 'connect_leaf', service: 'web', ...script },
      { kind: 'script', words: ['/bin/true'], shell: false },
    ],
  ])('is taken as it is meant: %j', (given, handler) => {
    expect(parseWatch(given).handler).toEqual(handler);
  });

  it('takes datacenter, token and staleness along', () => {
    const { datacenter, token, stale } = parseWatch({
      type: 'nodes',
      datacenter: 'dc2',
      token: 't',
      stale: true,
      ...script,
    });
    expect([datacenter, token, stale]).toEqual(['dc2', 't', true]);
  });

  it.each([
    [{}, 'Watch type must be specified'],
    [{ type: 'zap', ...script }, 'Unsupported watch type: zap'],
    [{ type: 1 }, 'Expecting type to be a string'],
    [{ type: 'key', ...script }, 'Must specify a single key to watch'],
    [{ type: 'service', service: 'a', passingonly: 'maybe', ...script }, 'Failed to parse passingonly flag'],
    [{ type: 'service', service: 'a', tag: [1], ...script }, 'Expecting tag to be a string or []string'],
    [{ type: 'agent_service', ...script }, 'Must specify a single service_id to watch'],
    [{ type: 'nodes', key: 'a', ...script }, 'Invalid parameters: [key]'],
    [{ type: 'nodes', nope: 'a', ...script }, 'Invalid parameters: [nope]'],
    [{ type: 'nodes' }, 'Watch handler or args must be specified'],
    [{ type: 'nodes', args: [] }, 'Watch handler or args must be specified'],
    [{ type: 'nodes', args: ['a'], handler: 'b' }, 'Only one of handler and args may be specified'],
    [{ type: 'nodes', handler_type: 'smoke' }, "Watch handler type 'smoke' not recognized"],
    [{ type: 'nodes', handler_type: 'http' }, "Missing 'http_handler_config'"],
    [{ type: 'nodes', handler_type: 'http', http_handler_config: {} }, "Requires 'path' to be set"],
    [{ type: 'nodes', handler_type: 'http', http_handler_config: { path: '/x' } }, 'is no URL: /x'],
    [{ type: 'nodes', handler_type: 'http', http_handler_config: { path: 'file:///x' } }, 'is no URL: file:///x'],
    [
      { type: 'nodes', handler_type: 'http', http_handler_config: { path: 'http://x', timeout: 'soon' } },
      "Failed to parse 'timeout'",
    ],
  ])('is refused: %j', (given, why) => {
    expect(() => parseWatch(given)).toThrow(why);
    expect(() => parseWatch(given)).toThrow('Failed to parse watch (');
  });

  it('shows no token when it is refused', () => {
    expect(() => parseWatch({ type: 'zap', token: 's3cret' })).toThrow(/^(?!.*s3cret)/);
  });
});
