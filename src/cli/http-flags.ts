/** The flags and CONSUL_* variables of every command that talks to an agent. */
import type { ClientOptions } from '../client/settings.ts';
import { goQuote, rfc3339 } from '../lib/go-format.ts';
import { parseBool } from '../lib/go-number.ts';
import type { Io } from './command.ts';
import { type Flags, flag } from './flags.ts';

export const agentFlags: Flags = {
  'ca-file': flag.string(
    'Path to a CA file to use for TLS when communicating with the agent. CONSUL_CACERT does the same.',
  ),
  'ca-path': flag.string('Path to a directory of CA files to use for TLS. CONSUL_CAPATH does the same.'),
  'client-cert': flag.string(
    'Path to a client certificate for TLS when `verify_incoming` is on. CONSUL_CLIENT_CERT does the same.',
  ),
  'client-key': flag.string(
    'Path to the key of the client certificate for TLS when `verify_incoming` is on. CONSUL_CLIENT_KEY does the same.',
  ),
  'http-addr': flag.string(
    'Address of the agent: host:port, http://, https:// or unix://PATH. CONSUL_HTTP_ADDR does the same. Default 127.0.0.1:8500.',
  ),
  'tls-server-name': flag.string(
    'Name to ask for and to check when connecting by TLS. CONSUL_TLS_SERVER_NAME does the same.',
  ),
  token: flag.string('ACL token to send. CONSUL_HTTP_TOKEN does the same. Default: the token of the agent asked.'),
  'token-file': flag.string('File that holds the ACL token, instead of -token. CONSUL_HTTP_TOKEN_FILE does the same.'),
};

export const serverFlags: Flags = {
  datacenter: flag.string('Name of the datacenter to ask. Default: the one of the agent.'),
  stale: flag.bool(
    'Permit any server (not only the leader) to answer. Faster and more available, but the answer may be old.',
  ),
};

export function httpFlags(http: 'agent' | 'all' | undefined): Flags {
  if (http === undefined) return {};
  return http === 'all' ? { ...agentFlags, ...serverFlags } : agentFlags;
}

function boolVariable(io: Io, name: string): boolean | undefined {
  const text = io.env[name];
  if (!text) return undefined;
  const value = parseBool(text);
  if (value === undefined) {
    const why = `strconv.ParseBool: parsing ${goQuote(text)}: invalid syntax`;
    io.err(`${rfc3339(Date.now())} [WARN]  could not parse ${name}: error=${goQuote(why)}\n`);
  }
  return value;
}

/** Flags win over the environment. */
export function clientOptions(io: Io, flags: Readonly<Record<string, unknown>>): ClientOptions {
  const { env } = io;
  const text = (name: string, variable: string): string | undefined =>
    (flags[name] as string | undefined) || env[variable] || undefined;
  return {
    address: text('http-addr', 'CONSUL_HTTP_ADDR'),
    token: text('token', 'CONSUL_HTTP_TOKEN'),
    tokenFile: text('token-file', 'CONSUL_HTTP_TOKEN_FILE'),
    ssl: boolVariable(io, 'CONSUL_HTTP_SSL'),
    sslVerify: boolVariable(io, 'CONSUL_HTTP_SSL_VERIFY'),
    caFile: text('ca-file', 'CONSUL_CACERT'),
    caPath: text('ca-path', 'CONSUL_CAPATH'),
    clientCert: text('client-cert', 'CONSUL_CLIENT_CERT'),
    clientKey: text('client-key', 'CONSUL_CLIENT_KEY'),
    tlsServerName: text('tls-server-name', 'CONSUL_TLS_SERVER_NAME'),
    httpAuth: env['CONSUL_HTTP_AUTH'],
    namespace: text('namespace', 'CONSUL_NAMESPACE'),
    datacenter: flags['datacenter'] as string | undefined,
    stale: flags['stale'] as boolean | undefined,
  };
}
