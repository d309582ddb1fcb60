/** Where the agent is and how to talk to it: addresses, TLS and credentials, from options and CONSUL_* variables. */
import { readdirSync, readFileSync } from 'node:fs';
import { systemText } from '../lib/system-text.ts';
import { settingsError } from './errors.ts';

export interface ClientOptions {
  /** `host:port`, `http://...`, `https://...` or `unix://path`. Default 127.0.0.1:8500. */
  readonly address?: string | undefined;
  readonly token?: string | undefined;
  /** When set and the file is not blank, wins over `token`. */
  readonly tokenFile?: string | undefined;
  /** https although the address does not say so. */
  readonly ssl?: boolean | undefined;
  /** false: any certificate will do. */
  readonly sslVerify?: boolean | undefined;
  readonly caFile?: string | undefined;
  readonly caPath?: string | undefined;
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly tlsServerName?: string | undefined;
  /** `user:password` for basic authentication. */
  readonly httpAuth?: string | undefined;
  readonly namespace?: string | undefined;
  /** Defaults of every request. */
  readonly datacenter?: string | undefined;
  readonly stale?: boolean | undefined;
}

export interface TlsSettings {
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly verify: boolean;
}

/** `ClientOptions` made definite: files read, address split. */
export interface Settings {
  readonly scheme: 'http' | 'https';
  /** As in the URL: `127.0.0.1:8500`, or the path of a socket. */
  readonly authority: string;
  readonly hostname: string;
  readonly port: number;
  readonly socketPath?: string;
  readonly tls?: TlsSettings;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

export const defaultAddress = '127.0.0.1:8500';

/** Reads a file; a failure is told in Go's words: `open PATH: no such file or directory`. */
function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw settingsError(`${what}: open ${path}: ${systemText(error)}`, error);
  }
}

interface Address {
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  readonly hostname: string;
  readonly port: number;
  readonly socketPath?: string;
}

function parseAddress(address: string, ssl: boolean): Address {
  const cut = address.indexOf('://');
  const given = cut < 0 ? '' : address.slice(0, cut);
  const authority = cut < 0 ? address : address.slice(cut + 3);
  if (given === 'unix') return { scheme: 'http', authority, hostname: 'localhost', port: 0, socketPath: authority };
  if (given !== '' && given !== 'http' && given !== 'https') throw settingsError(`Unknown protocol scheme: ${given}`);
  const scheme = given === 'https' || ssl ? 'https' : 'http';
  const [, bracketed, bare, port] = /^(?:\[([^\]]*)\]|([^:/]*))(?::(\d*))?\/*$/.exec(authority) ?? [];
  const hostname = bracketed ?? bare;
  if (hostname === undefined) throw settingsError(`parse "${scheme}://${authority}": invalid host`);
  return {
    scheme,
    authority: authority.replace(/\/+$/, ''),
    hostname: hostname === '' ? 'localhost' : hostname,
    port: port ? Number(port) : scheme === 'https' ? 443 : 80,
  };
}

function loadTls(options: ClientOptions): TlsSettings {
  const ca: string[] = [];
  if (options.caFile) {
    ca.push(readText(options.caFile, 'Error loading CA File'));
  } else if (options.caPath) {
    try {
      for (const name of readdirSync(options.caPath).sort()) ca.push(readFileSync(`${options.caPath}/${name}`, 'utf8'));
    } catch (error) {
      throw settingsError(`Error loading CA Path: open ${options.caPath}: ${systemText(error)}`, error);
    }
  }
  const { clientCert, clientKey } = options;
  if ((clientCert || clientKey) && !(clientCert && clientKey)) {
    throw settingsError('both client cert and client key must be provided');
  }
  return {
    verify: options.sslVerify ?? true,
    ...(ca.length > 0 && { ca }),
    ...(clientCert && { cert: readText(clientCert, 'Error loading client certificate') }),
    ...(clientKey && { key: readText(clientKey, 'Error loading client key') }),
    ...(options.tlsServerName && { serverName: options.tlsServerName }),
  };
}

/** Throws an `ApiError` of fault `settings`. */
export function resolveSettings(options: ClientOptions): Settings {
  const address = parseAddress(options.address || defaultAddress, options.ssl ?? false);
  let token = options.token ?? '';
  if (options.tokenFile) token = readText(options.tokenFile, 'Error loading token file').trim() || token;
  const { caFile, caPath, clientCert, clientKey } = options;
  const needsTls = address.scheme === 'https' || caFile || caPath || clientCert || clientKey;
  return {
    ...address,
    ...(needsTls && { tls: loadTls(options) }),
    headers: {
      ...(token && { 'X-Consul-Token': token }),
      ...(options.httpAuth && { Authorization: `Basic ${Buffer.from(options.httpAuth).toString('base64')}` }),
    },
    query: {
      ...(options.datacenter && { dc: options.datacenter }),
      ...(options.stale && { stale: '' }),
      ...(options.namespace && { ns: options.namespace }),
    },
  };
}
