/** Agents as they should be run: nothing allowed by default, every wire encrypted, every certificate checked. */
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import type { KeyPair } from '../../src/agent/tls/material.ts';
import { testAuthority } from '../unit/agent/tls/fixtures.ts';

export interface Security {
  /** Where the files are: ca.pem; server, client and cli with .pem and -key.pem. */
  readonly directory: string;
  /** May everything. */
  readonly token: string;
  /** Base64. */
  readonly gossipKey: string;
  /** How to ask an agent over HTTPS. */
  readonly client: RequestOptions;
  /** Flags of an agent. @param noAcls leaves those out: the agent has its own */
  args(server: boolean, noAcls?: boolean): string[];
}

const datacenters = ['dc1', 'dc2', 'east', 'west', 'one', 'two'];

/** @param directory where the files go */
export async function secureIn(directory: string): Promise<Security> {
  const authority = await testAuthority();
  const both = ['serverAuth', 'clientAuth'] as const;
  const server = await authority.issue([...datacenters.map((dc) => `server.${dc}.consul`), 'localhost'], both);
  const client = await authority.issue([...datacenters.map((dc) => `client.${dc}.consul`), 'localhost'], both);
  const cli = await authority.issue(['cli.dc1.consul', 'localhost']);
  const file = (name: string): string => join(directory, name);
  const save = async (name: string, { cert, key }: KeyPair): Promise<void> => {
    await writeFile(file(`${name}.pem`), cert);
    await writeFile(file(`${name}-key.pem`), key, { mode: 0o600 });
  };
  await writeFile(file('ca.pem'), authority.pem);
  await Promise.all([save('server', server), save('client', client), save('cli', cli)]);
  const secrets: Secrets = { token: randomUUID(), gossipKey: randomBytes(32).toString('base64') };
  await writeFile(file('secrets.json'), JSON.stringify(secrets), { mode: 0o600 });
  return securityOf(directory);
}

type Secrets = Pick<Security, 'token' | 'gossipKey'>;

/** What `secureIn` left there. */
function securityOf(directory: string): Security {
  const file = (name: string): string => join(directory, name);
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  const { token, gossipKey } = JSON.parse(read('secrets.json')) as Secrets;
  return {
    directory,
    token,
    gossipKey,
    client: { ca: read('ca.pem'), cert: read('cli.pem'), key: read('cli-key.pem'), servername: 'localhost' },
    args: (isServer, noAcls = false) => {
      const name = isServer ? 'server' : 'client';
      const master = isServer ? `master = "${token}" replication = "${token}"` : '';
      const acls = `-hcl=acl { enabled = true default_policy = "deny" tokens { agent = "${token}" ${master} } }`;
      return [
        `-encrypt=${gossipKey}`,
        `-hcl=ca_file = "${file('ca.pem')}" cert_file = "${file(`${name}.pem`)}" key_file = "${file(`${name}-key.pem`)}"`,
        '-hcl=verify_incoming = true verify_outgoing = true verify_server_hostname = true',
        ...(noAcls ? [] : [acls]),
      ];
    },
  };
}

const variable = 'TC_E2E_SECURITY';

/** How commands ask agents. */
const commandEnv = ({ directory, token }: Security): Readonly<Record<string, string>> => ({
  CONSUL_HTTP_TOKEN: token,
  CONSUL_CACERT: join(directory, 'ca.pem'),
  CONSUL_CLIENT_CERT: join(directory, 'cli.pem'),
  CONSUL_CLIENT_KEY: join(directory, 'cli-key.pem'),
});

/** For everything that is started from here on: agents are secure, and commands know how to ask them. */
export function secureSuite(security: Security): void {
  Object.assign(process.env, commandEnv(security), { [variable]: security.directory });
}

const suiteDirectory = process.env[variable];

/** Of all agents of the suite, when it is run as `npm run test:secure`; otherwise null. */
export const suite: Security | null = suiteDirectory === undefined ? null : securityOf(suiteDirectory);

/** A token that may everything, for tests with ACLs of their own: one that the helpers send along in the secure suite. */
export const management = suite?.token ?? 'e2b6c0de-0000-4000-8000-00000000face';

/** For commands that do not inherit the environment of the tests. */
export const suiteEnv = suite === null ? {} : commandEnv(suite);

/** For requests that a test makes itself, over plain HTTP. */
export const suiteHeaders: Readonly<Record<string, string>> = suite === null ? {} : { 'X-Consul-Token': suite.token };

/** Flags of an agent with services, checks or watches in its configuration that say no token: those have the agent's. */
export const ownTokenArgs: readonly string[] =
  suite === null ? [] : [`-hcl=acl { tokens { default = "${suite.token}" } }`];

/** In the secure suite who has no token, as DNS has none, may look up nodes, services and queries: as operators set it up. */
export async function allowLookups(
  ask: (method: string, path: string, body: string) => Promise<unknown>,
): Promise<void> {
  if (suite === null) return;
  const Rules = ['node', 'service', 'query'].map((kind) => `${kind}_prefix "" { policy = "read" }`).join(' ');
  await ask('PUT', '/v1/acl/policy', JSON.stringify({ Name: 'lookups', Rules }));
  const anonymous = '00000000-0000-0000-0000-000000000002';
  await ask('PUT', `/v1/acl/token/${anonymous}`, JSON.stringify({ Policies: [{ Name: 'lookups' }] }));
}
