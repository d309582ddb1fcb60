/**
 * The authority of a secondary datacenter: the roots are those of the primary, and what signs here is an intermediate that the
 * primary vouches for. It is renewed when half of its time is over, and when the primary has another root.
 */
import { createCsr, isIssuedBy, parseCertificate, privateKeyPem } from '../../../lib/x509/index.ts';
import { CAConsulProviderState, type CARoot, type IndexedCARoots } from '../../../structs/connect.ts';
import { authorityName, formatIdentity, trustDomainOf } from '../../../structs/identity.ts';
import { make } from '../../../structs/make.ts';
import { authorityKey, keyName, signerOf } from '../../connect/certificates.ts';
import { RpcError } from '../../errors.ts';
import type { ServerContext } from '../context.ts';
import type { CaState } from './ca-state.ts';
import { configured, demandProvider, firstConfig } from './configuration.ts';
import { keepProvider, keyOf, proposeCa, providerId, uniqueName } from './provider.ts';

/** Asks the primary to sign: a request as PEM, answered by a certificate. */
export type AskForIntermediate = (csrPem: string) => Promise<string>;

/** An active root is shown with the intermediate below it, and by the key that signs here. */
const asOurs = (root: CARoot, intermediate: string): CARoot =>
  root.Active
    ? {
        ...root,
        SigningKeyID: keyName(parseCertificate(intermediate).subjectKeyId),
        IntermediateCerts: [...(root.IntermediateCerts ?? []), intermediate],
      }
    : root;

const content = ({ CreateIndex: _create, ModifyIndex: _modify, ...rest }: CARoot): string => JSON.stringify(rest);

/** Whether the intermediate is good for at least half of its time more. */
function isFresh(context: ServerContext, provider: CAConsulProviderState | undefined, root: CARoot): boolean {
  if (provider === undefined || provider.IntermediateCert === '') return false;
  const intermediate = parseCertificate(provider.IntermediateCert);
  if (!isIssuedBy(intermediate, parseCertificate(root.RootCert))) return false;
  const half = (intermediate.notBefore.getTime() + intermediate.notAfter.getTime()) / 2;
  return context.runtime.clock.wallMs() < half;
}

export function isAdopted(context: ServerContext, state: CaState, theirs: CARoot, ours: CARoot): boolean {
  if (!theirs.Active) return content(theirs) === content(ours);
  const provider = state.stored === undefined ? undefined : state.provider;
  return (
    isFresh(context, provider, theirs) && content(asOurs(theirs, provider?.IntermediateCert ?? '')) === content(ours)
  );
}

export async function adoptRoots(
  context: ServerContext,
  state: CaState,
  { Roots, TrustDomain }: IndexedCARoots,
  ask: AskForIntermediate,
): Promise<void> {
  const active = Roots?.find(({ Active }) => Active);
  if (Roots === null || active === undefined) throw new RpcError('the primary datacenter has no active root yet');
  const clusterId = TrustDomain.replace(/\.consul$/, '');
  if (state.stored?.ClusterID !== clusterId) {
    const Config = {
      ...(state.stored ?? firstConfig(context.config, clusterId)),
      ClusterID: clusterId,
      ModifyIndex: 0,
    };
    await proposeCa(context, { Op: 'set-config', Config });
  }
  demandProvider(state.config);
  if (!isFresh(context, state.provider, active)) await renew(context, state, active, ask);
  const intermediate = state.provider?.IntermediateCert ?? '';
  await state.setRoots(Roots.map((root) => asOurs(root, intermediate)));
  context.logger.named('connect').info('initialized secondary datacenter CA with roots of the primary');
}

async function renew(
  context: ServerContext,
  state: CaState,
  { RootCert }: CARoot,
  ask: AskForIntermediate,
): Promise<void> {
  const settings = configured(state.config);
  const trustDomain = trustDomainOf(state.config.ClusterID);
  const key = state.provider === undefined ? await authorityKey(settings) : keyOf(state.provider);
  const IntermediateCert = await ask(
    createCsr({
      subject: { commonName: authorityName('sec', uniqueName(context.runtime.random), trustDomain) },
      altNames: { uris: [formatIdentity({ kind: 'authority', trustDomain })] },
      key,
    }),
  );
  const { certificate } = signerOf(IntermediateCert, key);
  if (!isIssuedBy(certificate, parseCertificate(RootCert))) {
    throw new RpcError('the intermediate is not signed by the active root of the primary');
  }
  const ID = providerId(settings, false);
  const PrivateKey = privateKeyPem(key);
  await keepProvider(context, make(CAConsulProviderState, { ID, PrivateKey, RootCert, IntermediateCert }));
}
