/** TLS cipher suites by their names in the configuration, with the numbers of the IANA registry and OpenSSL's names. */

export interface CipherSuite {
  readonly number: number;
  readonly openssl: string;
}

const known: Readonly<Record<string, CipherSuite>> = {
  TLS_RSA_WITH_RC4_128_SHA: { number: 0x0005, openssl: 'RC4-SHA' },
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: { number: 0x000a, openssl: 'DES-CBC3-SHA' },
  TLS_RSA_WITH_AES_128_CBC_SHA: { number: 0x002f, openssl: 'AES128-SHA' },
  TLS_RSA_WITH_AES_256_CBC_SHA: { number: 0x0035, openssl: 'AES256-SHA' },
  TLS_RSA_WITH_AES_128_CBC_SHA256: { number: 0x003c, openssl: 'AES128-SHA256' },
  TLS_RSA_WITH_AES_128_GCM_SHA256: { number: 0x009c, openssl: 'AES128-GCM-SHA256' },
  TLS_RSA_WITH_AES_256_GCM_SHA384: { number: 0x009d, openssl: 'AES256-GCM-SHA384' },
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: { number: 0xc007, openssl: 'ECDHE-ECDSA-RC4-SHA' },
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: { number: 0xc009, openssl: 'ECDHE-ECDSA-AES128-SHA' },
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: { number: 0xc00a, openssl: 'ECDHE-ECDSA-AES256-SHA' },
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: { number: 0xc011, openssl: 'ECDHE-RSA-RC4-SHA' },
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: { number: 0xc012, openssl: 'ECDHE-RSA-DES-CBC3-SHA' },
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: { number: 0xc013, openssl: 'ECDHE-RSA-AES128-SHA' },
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: { number: 0xc014, openssl: 'ECDHE-RSA-AES256-SHA' },
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: { number: 0xc023, openssl: 'ECDHE-ECDSA-AES128-SHA256' },
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: { number: 0xc027, openssl: 'ECDHE-RSA-AES128-SHA256' },
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: { number: 0xc02f, openssl: 'ECDHE-RSA-AES128-GCM-SHA256' },
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: { number: 0xc02b, openssl: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: { number: 0xc030, openssl: 'ECDHE-RSA-AES256-GCM-SHA384' },
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: { number: 0xc02c, openssl: 'ECDHE-ECDSA-AES256-GCM-SHA384' },
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: { number: 0xcca8, openssl: 'ECDHE-RSA-CHACHA20-POLY1305' },
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: { number: 0xcca9, openssl: 'ECDHE-ECDSA-CHACHA20-POLY1305' },
};

export type CipherSuites = { readonly suites: readonly CipherSuite[] } | { readonly unsupported: string };

/** Names separated by commas; empty is nobody's choice. */
export function parseCipherSuites(text: string): CipherSuites {
  const names = text.split(',').filter((name) => name !== '');
  const unsupported = names.find((name) => !Object.hasOwn(known, name));
  return unsupported === undefined ? { suites: names.map((name) => known[name]!) } : { unsupported };
}
