import { describe, expect, it } from 'vitest';
import { type Failure, nextStep } from '../../../src/cli/next-step.ts';
import get from '../../../src/commands/kv/get.ts';
import { fakeConsul } from '../client/fake-consul.ts';
import { run } from './run-on-fake.ts';

const network = (text: string): Failure => ({ fault: 'network', status: 0, text, hasToken: false });
const refused = (status: number, text: string, hasToken = false): Failure => ({
  fault: status >= 500 ? 'cluster' : 'request',
  status,
  text,
  hasToken,
});

describe('the next step after an error', () => {
  it.each([
    [
      network('dial tcp 127.0.0.1:8500: connect: connection refused'),
      /Nothing listens on 127\.0\.0\.1:8500.*tc agent -dev/,
    ],
    [network('dial unix /run/tc.sock: connect: no such file or directory'), /serves the socket \/run\/tc\.sock/],
    [network('dial tcp: lookup nowhere: no such host'), /no host named nowhere:/],
    [network('dial tcp 10.0.0.1:8500: connect: no route to host'), /does not get through/],
    [network('x509: certificate signed by unknown authority'), /-ca-file/],
    [
      network('x509: certificate is valid for a.b, c.d, not e.f'),
      /calls itself a\.b, c\.d, not e\.f: .*-tls-server-name/,
    ],
    [network('http: server gave HTTP response to HTTPS client'), /plain HTTP/],
    [network('remote error: tls: bad certificate'), /-client-cert/],
    [network('EOF'), /ended the connection/],
    [refused(400, 'Client sent an HTTP request to an HTTPS server.'), /https:\/\//],
    [refused(403, 'Permission denied'), /"Permission denied"\. No token was sent/],
    [refused(403, 'Permission denied', true), /"tc acl token read -self"/],
    [refused(403, 'ACL not found', true), /do not know the token/],
    [refused(401, 'ACL support disabled'), /without ACLs/],
    [refused(413, 'Value for key a is too large (6 > 5 bytes)'), /kv_max_value_size/],
    [refused(500, 'No cluster leader'), /tc operator raft list-peers -stale/],
    [refused(500, 'No path to datacenter'), /tc catalog datacenters/],
    [refused(500, 'rpc error making call: No known Consul servers'), /tc join/],
    [refused(503, 'disk full'), /could not do it: "disk full"\. "tc doctor"/],
  ])('of %o', (failure, advice) => expect(nextStep(failure)).toMatch(advice));

  it('is not made up where the refusal says it all', () => {
    expect(nextStep(refused(400, 'Missing key name'))).toBeUndefined();
    expect(
      nextStep({ fault: 'settings', status: 0, text: 'Unknown protocol scheme: x', hasToken: false }),
    ).toBeUndefined();
  });
});

describe('an error on a terminal', () => {
  const denied = () => {
    const consul = fakeConsul();
    consul.fixed.set('GET /v1/kv/k', { status: 403, body: 'Permission denied' });
    return consul.transport;
  };
  const line = 'Error querying Consul agent: Unexpected response code: 403\n';

  it('has the recorded line alone elsewhere', async () => {
    expect(await run(get, ['k'], { transport: denied() })).toEqual({ exit: 1, out: '', err: line });
  });

  it('is followed by the next step, which knows whether there was a token', async () => {
    const terminal = ['stderr'] as const;
    const bare = await run(get, ['k'], { transport: denied(), terminal });
    expect(bare.err).toBe(
      `${line}The agent says: "Permission denied". No token was sent: give one with -token,\n-token-file or CONSUL_HTTP_TOKEN.\n`,
    );
    const sent = await run(get, ['-token=x', 'k'], { transport: denied(), terminal });
    expect(sent.err).toContain('tc acl token read -self');
  });

  it('names the flag that was meant', async () => {
    const asked = (terminal: readonly 'stderr'[]) => run(get, ['-recurs', 'k'], { terminal });
    expect((await asked(['stderr'])).err).toMatch(/\n\nDid you mean -recurse\?\n$/);
    expect((await asked([])).err).not.toContain('Did you mean');
  });
});
