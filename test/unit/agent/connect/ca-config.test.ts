import { describe, expect, it } from 'vitest';
import { fromFile, initialConfig, readCaConfig } from '../../../../src/agent/connect/ca-config.ts';

const hour = 3600e9;

describe('settings of the authority', () => {
  it('have defaults', () => {
    expect(readCaConfig({})).toMatchObject({
      LeafCertTTL: 72 * hour,
      IntermediateCertTTL: 8760 * hour,
      PrivateKeyType: 'ec',
      PrivateKeyBits: 256,
      CSRMaxPerSecond: 50,
    });
    expect(readCaConfig(initialConfig)).toEqual(readCaConfig({}));
    expect(readCaConfig({ PrivateKeyType: 'rsa' }).PrivateKeyBits).toBe(2048);
    expect(readCaConfig({ CSRMaxPerSecond: 0 }).CSRMaxPerSecond).toBe(0);
  });

  it.each([
    [{ LeafCertTTL: '1s' }, 'leaf cert TTL must be greater or equal than 1h0m0s'],
    [{ LeafCertTTL: '9000h' }, 'leaf cert TTL must be less than 8760h0m0s'],
    [{ IntermediateCertTTL: '1h' }, 'Intermediate Cert TTL must be greater or equal than 3h0m0s'],
    [
      { IntermediateCertTTL: '100h' },
      'Intermediate Cert TTL must be greater or equal than 3 * LeafCertTTL (>=216h0m0s).',
    ],
    [
      { LeafCertTTL: 'zz' },
      `error decoding config: 1 error(s) decoding:\n\n* error decoding 'LeafCertTTL': time: invalid duration "zz"`,
    ],
    [{ PrivateKeyType: 'bogus' }, "private key type must be either 'ec' or 'rsa'"],
    [{ PrivateKeyType: 'constructor' }, "private key type must be either 'ec' or 'rsa'"],
    [{ PrivateKeyBits: 100 }, 'EC key length must be one of (224, 256, 384, 521) bits'],
  ])('refuse %j', (raw, text) => {
    expect(() => readCaConfig(raw)).toThrow(expect.objectContaining({ name: 'CaConfigError', message: text }));
  });

  it('may be written in the style of files', () => {
    expect(fromFile({ leaf_cert_ttl: '1h', csr_max_per_second: 3, PrivateKeyType: 'ec', other: 1 })).toEqual({
      LeafCertTTL: '1h',
      CSRMaxPerSecond: 3,
      PrivateKeyType: 'ec',
      other: 1,
    });
  });
});
