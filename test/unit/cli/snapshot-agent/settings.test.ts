import { describe, expect, it } from 'vitest';
import type { FlagValues } from '../../../../src/cli/flags.ts';
import { parseGoFlags } from '../../../../src/cli/go-flags.ts';
import { backupFlags, readSettings } from '../../../../src/cli/snapshot-agent/settings.ts';

function read(argv: readonly string[], texts: readonly string[] = [], env: Record<string, string> = {}) {
  const parsed = parseGoFlags(backupFlags, argv);
  if (!parsed.ok) throw new Error(parsed.message);
  const names = new Set(parsed.given.map(({ name }) => name));
  const files = texts.map((text, i) => ({ path: `f${i}`, text }));
  return readSettings({ flags: parsed.values as FlagValues<typeof backupFlags>, names, files, env });
}

const bucket = `{"snapshot_agent": {"http_addr": "10.0.0.1:8500", "token": "secret",
  "snapshot": {"interval": "30m", "retain": 5, "stale": true, "lock_key": "a/b"},
  "aws_storage": {"s3_bucket": "b", "access_key_id": "k", "secret_access_key": "s", "s3_key_prefix": "/x/y/"}}}`;

describe('settings', () => {
  it('have the defaults of the original', () => {
    expect(read([]).settings).toEqual({
      intervalMs: 3_600_000,
      retain: 30,
      service: 'consul-snapshot',
      deregisterAfter: '72h',
      lockKey: 'consul-snapshot/lock',
      maxFailures: 3,
      scratchPath: '',
      localPath: '.',
      s3: null,
      logLevel: 'info',
      metricsFile: '',
    });
  });

  it('come from files, the later ones over the earlier, and flags over both', () => {
    const hcl = 'snapshot_agent { snapshot { interval = "10m" retain = 7 } log { level = "DEBUG" } }';
    const { settings, client, stale } = read(['-retain=9'], [bucket, hcl]);
    expect(settings).toMatchObject({ intervalMs: 600_000, retain: 9, lockKey: 'a/b', logLevel: 'debug' });
    expect(settings.localPath).toBeNull();
    expect(settings.s3).toMatchObject({ bucket: 'b', keyPrefix: 'x/y', region: 'us-east-1', endpoint: '' });
    expect(client).toEqual({ address: '10.0.0.1:8500', token: 'secret' });
    expect(stale).toBe(true);
  });

  it('take keys of the storage from the environment, with the token that belongs to them', () => {
    const env = { AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't', AWS_REGION: 'r' };
    expect(read(['-aws-s3-bucket=b'], [], env).settings.s3).toMatchObject({
      region: 'r',
      credentials: { accessKeyId: 'k', secretAccessKey: 's', sessionToken: 't' },
    });
    expect(read([], [bucket], env).settings.s3?.credentials).toMatchObject({ sessionToken: '' });
  });

  it('keep in a directory and a bucket when both are named', () => {
    expect(read(['-local-path=/b'], [bucket]).settings).toMatchObject({ localPath: '/b', s3: { bucket: 'b' } });
  });

  it.each([
    [['-interval=soon'], [], 'Invalid interval: soon'],
    [['-interval=-1h'], [], 'Invalid interval: -1h'],
    [['-retain=-1'], [], 'Retain must not be negative'],
    [['-max-failures=0'], [], 'Max failures must be at least 1'],
    [['-log-level=loud'], [], 'Invalid log level: loud'],
    [['-aws-s3-bucket=b'], [], 'S3 storage needs an access key and its secret'],
    [[], ['{'], 'Error loading config file f0: '],
    [[], ['{"snapshot": {}}'], 'Error loading config file f0: snapshot_agent must be an object'],
    [
      [],
      ['{"snapshot_agent": {"snapshot": {"colour": 1}}}'],
      'Error loading config file f0: unknown setting snapshot.colour',
    ],
    [
      [],
      ['{"snapshot_agent": {"snapshot": {"retain": "many"}}}'],
      'Error loading config file f0: invalid snapshot.retain',
    ],
    [
      [],
      ['{"snapshot_agent": {"google_storage": {"bucket": "x"}}}'],
      'Error loading config file f0: unknown setting google_storage.bucket',
    ],
  ])('refuse %j with %j', (argv, texts, message) => {
    expect(() => read(argv, texts)).toThrow(message);
  });
});
