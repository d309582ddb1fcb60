/** AutoEncrypt.*: certificates for client agents, from the authority of the mesh. */

import { SignedResponse } from '../../../structs/connect.ts';
import { make } from '../../../structs/make.ts';
import { RpcError } from '../../errors.ts';
import { watchNothing } from '../../state/watches.ts';
import { answer, type MethodTable } from '../context.ts';
import { caRoots } from './connect-ca.ts';

export const autoEncryptMethods: MethodTable = {
  'AutoEncrypt.Sign': {
    kind: 'procedure',
    by: 'leader',
    /** What the server that was asked knows beyond this, it adds itself. */
    async run({ ca, config, store }, { CSR = '' }) {
      if (!config.tls.autoEncrypt.allowTls)
        throw new RpcError('AutoEncrypt.AllowTLS must be enabled in order to use this endpoint');
      const IssuedCert = await ca.sign(CSR);
      const ConnectCARoots = caRoots(store.state, watchNothing).reply;
      return answer(make(SignedResponse, { IssuedCert, ConnectCARoots }));
    },
  },
};
