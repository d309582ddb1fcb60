/** Settings of the built-in certificate authority, as they are written in `connect.ca_config` and set over the API. */
import { formatDuration } from '../../lib/duration.ts';
import { decodeMap, MapDecodeError } from '../../structs/map-decode.ts';
import { bool, dur, f32, type Infer, int64, str, struct } from '../../structs/schema.ts';

/** Thrown for settings that cannot be; the text is Consul's. */
export class CaConfigError extends Error {
  override readonly name = 'CaConfigError';
}

const BuiltInConfig = struct('ConsulCAProviderConfig', {
  LeafCertTTL: dur,
  IntermediateCertTTL: dur,
  RotationPeriod: dur,
  SkipValidate: bool,
  CSRMaxPerSecond: f32,
  CSRMaxConcurrent: int64,
  PrivateKeyType: str,
  PrivateKeyBits: int64,
  PrivateKey: str,
  RootCert: str,
  DisableCrossSigning: bool,
});
/** Durations in nanoseconds; every field is filled. `PrivateKey` and `RootCert` are PEM, '' where we make our own. */
export type BuiltInConfig = Infer<typeof BuiltInConfig>;

const hourNs = 3600e9;
const minLeafTtlNs = hourNs;
const maxLeafTtlNs = 365 * 24 * hourNs;
const minIntermediateTtlNs = 3 * hourNs;

export const defaultIntermediateTtlNs = 365 * 24 * hourNs;
const defaultLeafTtlNs = 72 * hourNs;
const defaultCsrsPerSecond = 50;
const defaultKeyType = 'ec';
const defaultKeyBits = { ec: 256, rsa: 2048 } as const;
const keySizes: Readonly<Record<string, readonly number[]>> = { ec: [224, 256, 384, 521], rsa: [2048, 4096] };

/** What a cluster starts with unless its configuration says otherwise. */
export const initialConfig: Readonly<Record<string, unknown>> = { LeafCertTTL: '72h', IntermediateCertTTL: '8760h' };

/** `leaf_cert_ttl` -> `LeafCertTTL`: how files may write the settings. Others stay as they are. */
export function fromFile(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = new Map(Object.keys(BuiltInConfig.type.fields).map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [known.get(name.replaceAll('_', '').toLowerCase()) ?? name, value]),
  );
}

/** Reads and checks them. @throws CaConfigError */
export function readCaConfig(raw: Readonly<Record<string, unknown>>): BuiltInConfig {
  const config = decode(raw);
  config.LeafCertTTL ||= defaultLeafTtlNs;
  config.IntermediateCertTTL ||= defaultIntermediateTtlNs;
  if (raw['CSRMaxPerSecond'] === undefined) config.CSRMaxPerSecond = defaultCsrsPerSecond;
  checkTtls(config);
  config.PrivateKeyType ||= defaultKeyType;
  checkKey(config);
  return config;
}

function decode(raw: Readonly<Record<string, unknown>>): BuiltInConfig {
  try {
    return decodeMap(BuiltInConfig, raw).value;
  } catch (error) {
    if (error instanceof MapDecodeError) throw new CaConfigError(`error decoding config: ${error.message}`);
    throw error;
  }
}

function checkTtls({ LeafCertTTL, IntermediateCertTTL, SkipValidate }: BuiltInConfig): void {
  if (SkipValidate) return;
  if (LeafCertTTL < minLeafTtlNs) {
    throw new CaConfigError(`leaf cert TTL must be greater or equal than ${formatDuration(minLeafTtlNs)}`);
  }
  if (LeafCertTTL > maxLeafTtlNs) {
    throw new CaConfigError(`leaf cert TTL must be less than ${formatDuration(maxLeafTtlNs)}`);
  }
  if (IntermediateCertTTL < minIntermediateTtlNs) {
    throw new CaConfigError(
      `Intermediate Cert TTL must be greater or equal than ${formatDuration(minIntermediateTtlNs)}`,
    );
  }
  // An intermediate has to outlive what it signs, and is renewed before its time is over.
  if (IntermediateCertTTL < 3 * LeafCertTTL) {
    const least = formatDuration(3 * LeafCertTTL);
    throw new CaConfigError(`Intermediate Cert TTL must be greater or equal than 3 * LeafCertTTL (>=${least}).`);
  }
}

function checkKey(config: BuiltInConfig): void {
  const sizes = Object.hasOwn(keySizes, config.PrivateKeyType) ? keySizes[config.PrivateKeyType]! : undefined;
  if (sizes === undefined) throw new CaConfigError("private key type must be either 'ec' or 'rsa'");
  config.PrivateKeyBits ||= defaultKeyBits[config.PrivateKeyType as 'ec' | 'rsa'];
  if (sizes.includes(config.PrivateKeyBits)) return;
  const name = config.PrivateKeyType.toUpperCase();
  throw new CaConfigError(`${name} key length must be one of (${sizes.join(', ')}) bits`);
}
