/** Requests for certificates: what they ask for. */
import { type Csr, parseCsr, X509Error } from '../../lib/x509/index.ts';
import { type AgentIdentity, parseIdentity, type ServiceIdentity } from '../../structs/identity.ts';
import { RpcError } from '../errors.ts';

/** @throws RpcError for what is no request, or not signed by its own key */
export function readCsr(pem: string): Csr {
  try {
    return parseCsr(pem);
  } catch (error) {
    if (error instanceof X509Error) throw new RpcError(error.message);
    throw error;
  }
}

/** Whom a certificate is asked for. @throws RpcError */
export function identityOf({ altNames: { uris } }: Csr): ServiceIdentity | AgentIdentity {
  if (uris.length !== 1) throw new RpcError(`CSR SAN contains an invalid number of URIs: ${uris.length}`);
  const identity = parseIdentity(uris[0]!);
  if (identity === null) throw new RpcError(`SPIFFE ID is not in the expected format: ${uris[0]}`);
  if (identity.kind === 'authority') throw new RpcError('SPIFFE ID in CSR must be a service or agent ID');
  return identity;
}
