/**
 * Settings of `tc snapshot agent`: flags over configuration files over defaults. A file is that of Consul's snapshot agent:
 * an object `snapshot_agent` with the sections of `places`, in JSON or HCL.
 */
import type { ClientOptions } from '../../client/settings.ts';
import { parseDurationMs } from '../../lib/duration.ts';
import { parseHcl } from '../../lib/hcl/hcl.ts';
import { messageOf } from '../../lib/message-of.ts';
import { CliError } from '../command.ts';
import { type Flag, type FlagValues, flag } from '../flags.ts';
import type { S3Settings } from './s3-storage.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

export const backupFlags = {
  interval: flag.string('Time between backups, like `1h`. 0: one backup, then exit.', { initial: '1h' }),
  retain: flag.int('How many backups are kept; older ones are removed. 0: all.', { initial: 30 }),
  service: flag.string('Name of the service under which the agent knows of it, with a check of its health.', {
    initial: 'consul-snapshot',
  }),
  'deregister-after': flag.string('Time until a service of one that is gone is removed.', { initial: '72h' }),
  'lock-key': flag.string('Key of the lock by which only one of several makes backups.', {
    initial: 'consul-snapshot/lock',
  }),
  'max-failures': flag.int('Failures in a row after which another may try.', { initial: 3 }),
  'local-scratch-path': flag.string('Directory for the backup while it is made. Default: that for temporary files.'),
  'local-path': flag.string('Directory to keep backups in. Default, without another storage: the current one.'),
  'aws-access-key-id': flag.string('Key of the S3 storage. Default: AWS_ACCESS_KEY_ID.'),
  'aws-secret-access-key': flag.string('Its secret. Default: AWS_SECRET_ACCESS_KEY.'),
  'aws-s3-bucket': flag.string('Bucket to keep backups in.'),
  'aws-s3-endpoint': flag.string('Server of the bucket, when it is not Amazon: `https://host:port`.'),
  'aws-s3-key-prefix': flag.string('What the names of backups begin with.', { initial: 'consul-snapshot' }),
  'aws-s3-region': flag.string('Region of the bucket. Default: AWS_REGION, or us-east-1.'),
  'aws-s3-server-side-encryption': flag.bool('Have the storage encrypt backups.'),
  'aws-s3-static-snapshot-name': flag.string('One name for every backup, in a bucket that keeps versions.'),
  'log-level': flag.string('What to log: debug, info, warn or error.', { initial: 'info', choices: logLevels }),
  'metrics-file': flag.string('File for metrics in the format of Prometheus, for a collector of text files.', {
    extra: true,
  }),
} as const;

type Values = FlagValues<typeof backupFlags>;

/** Where each is in a file: section and key. */
const places: { readonly [Name in keyof Values]: readonly [section: string, key: string] } = {
  interval: ['snapshot', 'interval'],
  retain: ['snapshot', 'retain'],
  service: ['snapshot', 'service'],
  'deregister-after': ['snapshot', 'deregister_after'],
  'lock-key': ['snapshot', 'lock_key'],
  'max-failures': ['snapshot', 'max_failures'],
  'local-scratch-path': ['snapshot', 'local_scratch_path'],
  'local-path': ['local_storage', 'path'],
  'aws-access-key-id': ['aws_storage', 'access_key_id'],
  'aws-secret-access-key': ['aws_storage', 'secret_access_key'],
  'aws-s3-bucket': ['aws_storage', 's3_bucket'],
  'aws-s3-endpoint': ['aws_storage', 's3_endpoint'],
  'aws-s3-key-prefix': ['aws_storage', 's3_key_prefix'],
  'aws-s3-region': ['aws_storage', 's3_region'],
  'aws-s3-server-side-encryption': ['aws_storage', 's3_server_side_encryption'],
  'aws-s3-static-snapshot-name': ['aws_storage', 's3_static_snapshot_name'],
  'log-level': ['log', 'level'],
  'metrics-file': ['snapshot', 'metrics_file'],
};

/** How to reach the agent, at the top of a file. */
const connection: Readonly<Record<string, keyof ClientOptions>> = {
  http_addr: 'address',
  token: 'token',
  datacenter: 'datacenter',
  ca_file: 'caFile',
  ca_path: 'caPath',
  cert_file: 'clientCert',
  key_file: 'clientKey',
  tls_server_name: 'tlsServerName',
};

export interface BackupSettings {
  /** 0: once. */
  readonly intervalMs: number;
  readonly retain: number;
  readonly service: string;
  readonly deregisterAfter: string;
  readonly lockKey: string;
  readonly maxFailures: number;
  /** '' for the system's. */
  readonly scratchPath: string;
  /** null: not in a directory. */
  readonly localPath: string | null;
  /** null: not in a bucket. */
  readonly s3: S3Settings | null;
  readonly logLevel: LogLevel;
  /** '' for none. */
  readonly metricsFile: string;
}

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

export interface Given {
  readonly flags: Values;
  /** Names of the flags that were given. */
  readonly names: ReadonlySet<string>;
  readonly files: readonly ConfigFile[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Throws a CliError that names what cannot be used. */
export function readSettings({ flags, names, files, env }: Given): {
  settings: BackupSettings;
  client: ClientOptions;
  stale: boolean | undefined;
} {
  const values = { ...flags } as Record<string, unknown>;
  let client: ClientOptions = {};
  let stale: boolean | undefined;
  for (const { path, text } of files) {
    const file = readFile(path, text);
    client = { ...client, ...file.client };
    stale = file.stale ?? stale;
    for (const [name, value] of Object.entries(file.values)) if (!names.has(name)) values[name] = value;
  }
  return { settings: settle(values as Values, env), client, stale };
}

function settle(values: Values, env: Given['env']): BackupSettings {
  const { retain, service } = values;
  if (retain < 0) throw new CliError('Retain must not be negative');
  if (values['max-failures'] < 1) throw new CliError('Max failures must be at least 1');
  const level = values['log-level'].toLowerCase() as LogLevel;
  if (!logLevels.includes(level)) throw new CliError(`Invalid log level: ${values['log-level']}`);
  const bucket = values['aws-s3-bucket'];
  const path = values['local-path'];
  duration('deregister-after', values['deregister-after']);
  return {
    intervalMs: duration('interval', values.interval),
    retain,
    service,
    deregisterAfter: values['deregister-after'],
    lockKey: values['lock-key'],
    maxFailures: values['max-failures'],
    scratchPath: values['local-scratch-path'],
    localPath: path === '' && bucket !== '' ? null : path || '.',
    s3: bucket === '' ? null : bucketOf(values, env),
    logLevel: level,
    metricsFile: values['metrics-file'],
  };
}

function bucketOf(values: Values, env: Given['env']): S3Settings {
  const accessKeyId = values['aws-access-key-id'] || env['AWS_ACCESS_KEY_ID'] || '';
  const secretAccessKey = values['aws-secret-access-key'] || env['AWS_SECRET_ACCESS_KEY'] || '';
  if (accessKeyId === '' || secretAccessKey === '') throw new CliError('S3 storage needs an access key and its secret');
  const endpoint = values['aws-s3-endpoint'];
  if (endpoint !== '' && !/^https?:\/\/[^/]/.test(endpoint)) throw new CliError(`Invalid S3 endpoint: ${endpoint}`);
  return {
    endpoint,
    region: values['aws-s3-region'] || env['AWS_REGION'] || 'us-east-1',
    bucket: values['aws-s3-bucket'],
    keyPrefix: values['aws-s3-key-prefix'].replace(/^\/+|\/+$/g, ''),
    serverSideEncryption: values['aws-s3-server-side-encryption'],
    staticName: values['aws-s3-static-snapshot-name'],
    credentials: {
      accessKeyId,
      secretAccessKey,
      // A token belongs to the key that comes with it.
      sessionToken: values['aws-access-key-id'] === '' ? (env['AWS_SESSION_TOKEN'] ?? '') : '',
    },
  };
}

function duration(name: string, text: string): number {
  try {
    const ms = parseDurationMs(text);
    if (ms >= 0) return ms;
  } catch {
    // told below
  }
  throw new CliError(`Invalid ${name}: ${text}`);
}

interface FileValues {
  readonly values: Readonly<Record<string, unknown>>;
  readonly client: ClientOptions;
  readonly stale: boolean | undefined;
}

function readFile(path: string, text: string): FileValues {
  const wrong = (why: string): CliError => new CliError(`Error loading config file ${path}: ${why}`);
  let root: unknown;
  try {
    root = parseHcl(text)['snapshot_agent'];
  } catch (error) {
    throw wrong(messageOf(error));
  }
  // A block of HCL is a list of one object.
  const object = (value: unknown, name: string): Record<string, unknown> => {
    const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (typeof one !== 'object' || one === null || Array.isArray(one)) throw wrong(`${name} must be an object`);
    return one as Record<string, unknown>;
  };
  const byPlace = new Map(Object.entries(places).map(([name, [section, key]]) => [`${section}.${key}`, name]));
  const values: Record<string, unknown> = {};
  const client: Record<string, string> = {};
  let stale: boolean | undefined;
  for (const [section, content] of Object.entries(object(root, 'snapshot_agent'))) {
    const option = connection[section];
    if (option !== undefined) {
      client[option] = String(content);
      continue;
    }
    for (const [key, value] of Object.entries(object(content, section))) {
      const place = `${section}.${key}`;
      const name = byPlace.get(place);
      if (place === 'snapshot.stale') stale = value === true;
      else if (name === undefined) throw wrong(`unknown setting ${place}`);
      else values[name] = parsed(backupFlags[name as keyof Values] as Flag, value, () => wrong(`invalid ${place}`));
    }
  }
  return { values, client, stale };
}

function parsed(of: Flag, value: unknown, wrong: () => CliError): unknown {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') throw wrong();
  try {
    return of.parse(String(value), of.initial);
  } catch {
    throw wrong();
  }
}
