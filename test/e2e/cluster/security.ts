/** A cluster as it should be run: nothing allowed by default, every wire encrypted, every certificate checked. */
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import type { KeyPair } from '../../../src/agent/tls/material.ts';
import { type TestAuthority, testAuthority } from '../../unit/agent/tls/fixtures.ts';

export interface Security {
  readonly authority: TestAuthority;
  readonly token: string;
  /** Base64. */
  readonly gossipKey: string;
  /** How to ask an agent over HTTPS. */
  readonly client: RequestOptions;
  /** Flags of an agent. */
  args(server: boolean): string[];
}

const datacenters = ['dc1', 'east', 'west', 'one', 'two'];

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
  const token = randomUUID();
  const gossipKey = randomBytes(32).toString('base64');
  return {
    authority,
    token,
    gossipKey,
    client: { ca: authority.pem, ...cli, servername: 'localhost' },
    args: (isServer) => {
      const name = isServer ? 'server' : 'client';
      const master = isServer ? `master = "${token}"` : '';
      return [
        `-encrypt=${gossipKey}`,
        `-hcl=ca_file = "${file('ca.pem')}" cert_file = "${file(`${name}.pem`)}" key_file = "${file(`${name}-key.pem`)}"`,
        '-hcl=verify_incoming = true verify_outgoing = true verify_server_hostname = true',
        `-hcl=acl { enabled = true default_policy = "deny" tokens { agent = "${token}" ${master} } }`,
      ];
    },
  };
}
