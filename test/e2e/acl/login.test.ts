/** Logging in at a real agent, with an issuer of tokens and a Kubernetes API server on loopback, over TLS. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';
import { management } from '../security.ts';
import { startWithToken } from './ready.ts';

const master = management;
const tls = (name: string): string => readFileSync(join(import.meta.dirname, '..', '..', 'data', 'tls', name), 'utf8');

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
function tokenOf(claims: object, key: KeyObject, kid: string): string {
  const signed = `${base64({ alg: 'RS256', kid })}.${base64(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`;
}
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });

let agent: AgentProcess;
let web: Server;
/** What the services on loopback answer, by path; what they were asked. */
const answers = new Map<string, { readonly status?: number; readonly json: unknown }>();
const asked: { readonly path: string; readonly authorization: string; readonly body: string }[] = [];
let base = '';

beforeAll(async () => {
  web = createServer({ key: tls('server-key.pem'), cert: tls('server.pem') }, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = request.url ?? '';
    asked.push({ path, authorization: request.headers.authorization ?? '', body });
    const { status = 200, json } = answers.get(path) ?? { status: 404, json: {} };
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json));
  }).listen(0, '127.0.0.1');
  await once(web, 'listening');
  base = `https://127.0.0.1:${(web.address() as AddressInfo).port}`;
  agent = await AgentProcess.create({
    dev: true,
    args: ['-hcl', `acl { enabled = true default_policy = "deny" tokens { master = "${master}" } }`],
  });
  await startWithToken(agent, master);
});
afterAll(async () => {
  web.close();
  await agent[Symbol.asyncDispose]();
});
beforeEach(() => {
  answers.clear();
  asked.length = 0;
});

const call = (method: string, path: string, body: object, token = master) =>
  agent.request(method, `${path}?token=${token}`, JSON.stringify(body));

async function login(AuthMethod: string, BearerToken: string) {
  const { status, text } = await agent.request('POST', '/v1/acl/login', JSON.stringify({ AuthMethod, BearerToken }));
  return status === 200 ? (JSON.parse(text) as Record<string, unknown>) : `${status} ${text}`;
}

const bindTo = (AuthMethod: string, Selector: string, BindName: string) =>
  call('PUT', '/v1/acl/binding-rule', { AuthMethod, Selector, BindType: 'service', BindName });

describe('an issuer that is discovered', () => {
  it('vouches for whom it has signed, with keys that may change', async () => {
    const [first, second, stranger] = [rsa(), rsa(), rsa()];
    const publish = (key: KeyObject, kid: string) =>
      answers.set('/keys', { json: { keys: [{ ...key.export({ format: 'jwk' }), kid, use: 'sig' }] } });
    answers.set('/.well-known/openid-configuration', { json: { issuer: base, jwks_uri: `${base}/keys` } });
    publish(first.publicKey, 'k1');
    const Config = {
      OIDCDiscoveryURL: base,
      OIDCDiscoveryCACert: tls('ca.pem'),
      BoundAudiences: ['tc'],
      ClaimMappings: { '/user/team': 'team' },
      ListClaimMappings: { groups: 'groups' },
      ClockSkewLeeway: '-1ns',
    };
    const made = await call('PUT', '/v1/acl/auth-method', { Name: 'oidc', Type: 'jwt', MaxTokenTTL: '5m', Config });
    expect(made.status).toBe(200);
    expect((await bindTo('oidc', 'ops in list.groups', `\${value.team}-api`)).status).toBe(200);
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: base, aud: ['tc'], iat: now, exp: now + 60, user: { team: 'core' }, groups: ['ops'] };
    expect(await login('oidc', tokenOf(claims, first.privateKey, 'k1'))).toMatchObject({
      ServiceIdentities: [{ ServiceName: 'core-api' }],
      AuthMethod: 'oidc',
      Local: true,
    });
    const refused: [object, string][] = [
      [{ aud: ['other'] }, '500 error validating claims: aud claim does not match any bound audience'],
      [
        { iss: 'https://else' },
        '500 error validating claims: square/go-jose/jwt: validation failed, invalid issuer claim (iss)',
      ],
      [{ exp: now - 5 }, '500 error validating claims: square/go-jose/jwt: validation failed, token is expired (exp)'],
      [{ groups: ['dev'] }, '403 Permission denied'],
    ];
    for (const [claim, text] of refused) {
      expect(await login('oidc', tokenOf({ ...claims, ...claim }, first.privateKey, 'k1'))).toBe(text);
    }
    const unknown = '500 no known key successfully validated the token signature';
    expect(await login('oidc', tokenOf(claims, stranger.privateKey, 'k1'))).toBe(unknown);
    // The issuer signs with another key: it is asked for when a token names it.
    publish(second.publicKey, 'k2');
    const rotated = tokenOf(claims, second.privateKey, 'k2');
    await expect.poll(() => login('oidc', rotated), { timeout: 15_000 }).toMatchObject({ AuthMethod: 'oidc' });
  });

  it('has to be there, and to be trusted, when the method is made', async () => {
    answers.set('/keys', { json: { keys: [] } });
    const set = async (Config: object) =>
      (await call('PUT', '/v1/acl/auth-method', { Name: 'x', Type: 'jwt', Config })).text;
    expect(await set({ JWKSURL: `${base}/none`, JWKSCACert: tls('ca.pem') })).toContain('error checking JWKSURL');
    expect(await set({ JWKSURL: `${base}/keys` })).toContain('error checking JWKSURL');
    expect(await set({ JWKSURL: 'file:///etc/passwd' })).toContain('is no URL of the web');
    expect(await set({ OIDCDiscoveryURL: base, BoundIssuer: 'i' })).toContain("'BoundIssuer' must not be set");
    expect(await set({ JWKSURL: `${base}/keys`, JWKSCACert: tls('ca.pem') })).toContain('"Name": "x"');
  });
});

describe('Kubernetes', () => {
  const jwt = tokenOf({ iss: 'kubernetes/serviceaccount' }, rsa().privateKey, '');
  const reviews = '/apis/authentication.k8s.io/v1/tokenreviews';
  const account = '/api/v1/namespaces/shop/serviceaccounts/cart';
  const review = (status: object) => answers.set(reviews, { status: 201, json: { kind: 'TokenReview', status } });

  it('vouches for its service accounts', async () => {
    const Config = { Host: base, CACert: tls('ca.pem'), ServiceAccountJWT: jwt };
    expect((await call('PUT', '/v1/acl/auth-method', { Name: 'k8s', Type: 'kubernetes', Config })).status).toBe(200);
    const rule = await bindTo('k8s', 'serviceaccount.namespace == shop', `\${serviceaccount.name}`);
    expect(rule.status).toBe(200);
    review({ authenticated: true, user: { username: 'system:serviceaccount:shop:cart', uid: 'u1' } });
    answers.set(account, { json: { metadata: { name: 'cart', annotations: null } } });
    expect(await login('k8s', jwt)).toMatchObject({ ServiceIdentities: [{ ServiceName: 'cart' }] });
    expect(asked[0]).toEqual({
      path: reviews,
      authorization: `Bearer ${jwt}`,
      body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token: jwt } }),
    });
    // The account may say by which name it goes in the mesh.
    const annotations = { 'consul.hashicorp.com/service-name': 'basket' };
    answers.set(account, { json: { metadata: { annotations } } });
    expect(await login('k8s', jwt)).toMatchObject({ ServiceIdentities: [{ ServiceName: 'basket' }] });
    review({ authenticated: false });
    expect(await login('k8s', jwt)).toBe('500 lookup failed: service account jwt not valid');
    review({ authenticated: true, user: { username: 'admin' } });
    expect(await login('k8s', jwt)).toBe('500 lookup failed: unexpected username format');
    review({ authenticated: true, user: { username: 'system:serviceaccount:other:cart' } });
    expect(await login('k8s', jwt)).toBe('500 lookup failed: status 404');
    review({ error: 'token expired' });
    expect(await login('k8s', jwt)).toBe('500 lookup failed: token expired');
    expect(agent.output).not.toContain(jwt);
  });
});
