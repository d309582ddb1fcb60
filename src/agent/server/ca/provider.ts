/** The built-in provider: keys and certificates of the authority are replicated as records of the state. */
import { createHash } from 'node:crypto';
import type { Random } from '../../../lib/runtime.ts';
import { parsePrivateKey, privateKeyPem, X509Error } from '../../../lib/x509/index.ts';
import { CAConsulProviderState, CARequest } from '../../../structs/connect.ts';
import { trustDomainOf } from '../../../structs/identity.ts';
import { make } from '../../../structs/make.ts';
import { type BuiltInConfig, CaConfigError } from '../../connect/ca-config.ts';
import { authorityKey, makeRoot, type Signer, signerOf } from '../../connect/certificates.ts';
import { RpcError } from '../../errors.ts';
import type { ServerContext } from '../context.ts';

/** Under which its record is found: whoever gives another key or root gets another authority (as in Consul). */
export function providerId({ PrivateKey, RootCert }: BuiltInConfig, isPrimary: boolean): string {
  const hash = createHash('sha256').update(`${PrivateKey},${RootCert},${isPrimary}`).digest('hex');
  return hash.match(/../g)!.join(':');
}

export const proposeCa = ({ config, propose }: ServerContext, request: Partial<CARequest>): Promise<unknown> =>
  propose('connectCA', make(CARequest, { Datacenter: config.datacenter, ...request }));

/** A serial number that no certificate of this cluster has had. */
export async function nextSerial(context: ServerContext): Promise<bigint> {
  const serial = await proposeCa(context, { Op: 'increment-provider-serial' });
  if (typeof serial !== 'number') throw new RpcError('no serial number for a certificate');
  return BigInt(serial);
}

/** The authority with these settings; made where it does not exist. @throws CaConfigError */
export async function ensureProvider(
  context: ServerContext,
  config: BuiltInConfig,
  clusterId: string,
): Promise<CAConsulProviderState> {
  const ID = providerId(config, true);
  const find = (): CAConsulProviderState | undefined => context.store.state.tables.caProviders.get(ID);
  const known = find();
  if (known !== undefined && known.PrivateKey !== '' && known.RootCert !== '') return known;
  try {
    const key = known === undefined || known.PrivateKey === '' ? await authorityKey(config) : keyOf(known);
    if (config.RootCert !== '') signerOf(config.RootCert, key);
    // The record comes first: serial numbers follow the index of its table.
    if (known === undefined) await keepProvider(context, make(CAConsulProviderState, { ID }));
    const RootCert = config.RootCert === '' ? await rootFor(context, key, clusterId) : normalPem(config.RootCert);
    await keepProvider(context, make(CAConsulProviderState, { ID, PrivateKey: privateKeyPem(key), RootCert }));
  } catch (error) {
    if (!(error instanceof CaConfigError)) throw error;
    throw new CaConfigError(`error generating CA root certificate: error generating CA: ${error.message}`);
  }
  return find()!;
}

const normalPem = (pem: string): string => `${pem.trim()}\n`;

/** @throws CaConfigError when the record is damaged */
export const keyOf = ({ PrivateKey }: CAConsulProviderState): ReturnType<typeof parsePrivateKey> => {
  try {
    return parsePrivateKey(PrivateKey);
  } catch (error) {
    if (error instanceof X509Error) throw new CaConfigError('error parsing private key');
    throw error;
  }
};

/** Seven letters and digits. */
export const uniqueName = (random: Random): string =>
  Array.from({ length: 7 }, () => random.int(36).toString(36)).join('');

async function rootFor(context: ServerContext, key: ReturnType<typeof keyOf>, clusterId: string): Promise<string> {
  const serial = await nextSerial(context);
  const { clock, random } = context.runtime;
  return makeRoot(key, serial, trustDomainOf(clusterId), uniqueName(random), clock.wallMs());
}

export const keepProvider = (context: ServerContext, ProviderState: CAConsulProviderState): Promise<unknown> =>
  proposeCa(context, { Op: 'set-provider-state', ProviderState });

/** What the authority signs with: in a secondary its intermediate. @throws CaConfigError when its record is damaged */
export const signerFor = (provider: CAConsulProviderState): Signer =>
  signerOf(provider.IntermediateCert || provider.RootCert, keyOf(provider));
