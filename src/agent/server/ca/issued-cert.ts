/** A certificate that was issued, as it is handed out. */
import { parseCertificate } from '../../../lib/x509/index.ts';
import { IssuedCert } from '../../../structs/connect.ts';
import { type AgentIdentity, formatIdentity, type ServiceIdentity } from '../../../structs/identity.ts';
import { make } from '../../../structs/make.ts';
import { instant, serialText } from '../../connect/certificates.ts';

/** `chain`: the certificate, then those of whom it comes from, without the root. */
export function issuedCert(
  identity: ServiceIdentity | AgentIdentity,
  chain: readonly string[],
  serial: bigint,
  index: number,
): IssuedCert {
  const { notBefore, notAfter } = parseCertificate(chain[0]!);
  const uri = formatIdentity(identity);
  return make(IssuedCert, {
    SerialNumber: serialText(serial),
    CertPEM: chain.join(''),
    ...(identity.kind === 'service'
      ? { Service: identity.service, ServiceURI: uri }
      : { Agent: identity.node, AgentURI: uri }),
    ValidAfter: instant(notBefore),
    ValidBefore: instant(notAfter),
    CreateIndex: index,
    ModifyIndex: index,
  });
}
