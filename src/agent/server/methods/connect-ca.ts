/** ConnectCA.*: the certificate authority of the mesh. */
import type { IndexedCARoots } from '../../../structs/connect.ts';
import { trustDomainOf } from '../../../structs/identity.ts';
import { RpcError } from '../../errors.ts';
import { readCaRoots } from '../../state/connect-ca.ts';
import type { State } from '../../state/store.ts';
import type { WatchSet } from '../../state/watches.ts';
import { answer, type MethodTable, noMeta } from '../context.ts';
import type { ReadResult } from '../reads/shared-reads.ts';

/** Roots without what only the authority itself may know. */
export function caRoots(state: State, watch: WatchSet): ReadResult<IndexedCARoots> {
  const { index, roots, clusterId } = readCaRoots(state, watch);
  const reply = {
    ActiveRootID: roots.find(({ Active }) => Active)?.ID ?? '',
    TrustDomain: clusterId === '' ? '' : trustDomainOf(clusterId),
    Roots: roots.map((root) => ({ ...root, SigningCert: '', SigningKey: '' })),
    ...noMeta,
    KnownLeader: false,
  };
  return { index, reply };
}

export const connectCaMethods: MethodTable = {
  'ConnectCA.Roots': {
    kind: 'state',
    key: () => '',
    read: (state, watch) => caRoots(state, watch),
  },
  'ConnectCA.ConfigurationGet': {
    kind: 'procedure',
    by: 'reader',
    run({ store }) {
      const config = store.state.tables.caConfig.get('');
      if (config === undefined) throw new RpcError('CA has not finished initializing');
      return answer(config);
    },
  },
  'ConnectCA.ConfigurationSet': {
    kind: 'procedure',
    by: 'leader',
    async run({ ca }, { Config }) {
      if (!Config) throw new RpcError('CA operation without its subject');
      await ca.configure(Config);
      return answer(null);
    },
  },
  'ConnectCA.Sign': {
    kind: 'procedure',
    by: 'leader',
    run: async ({ ca }, { CSR = '' }) => answer(await ca.sign(CSR)),
  },
  'ConnectCA.SignIntermediate': {
    kind: 'procedure',
    by: 'leader',
    run: async ({ ca }, { CSR = '' }) => answer(await ca.signIntermediate(CSR)),
  },
};
