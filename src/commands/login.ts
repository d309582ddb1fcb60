import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { saying } from '../cli/acl.ts';
import { CliError, defineCommand } from '../cli/command.ts';
import { flag } from '../cli/flags.ts';
import { namespaceFlag } from '../cli/namespace.ts';
import { aclApi } from '../client/acl.ts';
import { systemText } from '../lib/system-text.ts';

export default defineCommand({
  summary: 'Login to Consul using an auth method',
  usage: 'login [options]',
  description: `Exchanges a bearer token of somebody else's for one of this cluster's, by an auth method, and writes its secret into a file that only its owner can read. "tc logout" destroys it.`,
  examples: [
    [
      'login -method=ci -bearer-token-file=job.jwt -token-sink-file=consul.token',
      'The token of a job, for commands with -token-file=consul.token:',
    ],
  ],
  http: 'all',
  flags: {
    method: flag.string('Name of the auth method; required.'),
    'bearer-token-file': flag.string('File with the token to log in with; required.'),
    'token-sink-file': flag.string('File that the new secret is written to; required.'),
    meta: flag.pairs('Told in the description of the token, as key=value.'),
    type: flag.string('Type of the auth method.'),
    namespace: namespaceFlag,
  },
  async run({ args, flags, http }) {
    if (args.length > 0) throw new CliError('Should have no non-flag arguments.');
    for (const name of ['method', 'token-sink-file', 'bearer-token-file'] as const) {
      if (flags[name] === '') throw new CliError(`Missing required '-${name}' flag`);
    }
    const path = flags['bearer-token-file'];
    const BearerToken = readBearerToken(path);
    if (BearerToken === '') throw new CliError(`No bearer token found in ${path}`);
    const request = { AuthMethod: flags.method, BearerToken, Meta: flags.meta };
    const { SecretID } = await saying('Error logging in', aclApi(http()).login(request));
    writeSecret(flags['token-sink-file'], SecretID);
  },
});

function readBearerToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new CliError(`open ${path}: ${systemText(error)}`);
  }
}

/** For its owner alone, even where the file was there before. */
function writeSecret(path: string, secret: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, secret, { mode: 0o600 });
    chmodSync(path, 0o600);
  } catch (error) {
    throw new CliError(`Error writing token to file sink: open ${path}: ${systemText(error)}`);
  }
}
