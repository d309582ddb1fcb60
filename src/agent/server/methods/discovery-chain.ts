/** DiscoveryChain.Get: how requests to a service are routed, split and resolved. */
import { RpcError } from '../../errors.ts';
import { ChainError, compileChain } from '../../state/discovery-chain/compile.ts';
import { entriesOf } from '../../state/discovery-chain/entries.ts';
import { trustDomain } from '../../state/trust-domain.ts';
import { type MethodTable, noMeta } from '../context.ts';
import { keyOf } from './catalog.ts';

const chainIndex: readonly string[] = ['config-entries'];

export const discoveryChainMethods: MethodTable = {
  'DiscoveryChain.Get': {
    kind: 'state',
    key: (args) =>
      keyOf(
        args.Name,
        args.EvaluateInDatacenter,
        args.Datacenter,
        args.OverrideMeshGateway?.Mode,
        args.OverrideProtocol,
        args.OverrideConnectTimeout,
      ),
    read(state, watch, args) {
      if (!args.Name) throw new RpcError('Must provide service name');
      const here = args.Datacenter ?? '';
      const domain = trustDomain(state, watch);
      if (domain === null) throw new RpcError('no cluster trust domain setup');
      try {
        const Chain = compileChain({
          service: args.Name,
          datacenter: args.EvaluateInDatacenter || here,
          usedIn: here,
          trustDomain: domain,
          overrides: {
            meshGatewayMode: args.OverrideMeshGateway?.Mode ?? '',
            protocol: (args.OverrideProtocol ?? '').toLowerCase(),
            connectTimeoutNs: args.OverrideConnectTimeout ?? 0,
          },
          entries: entriesOf(state, watch),
        });
        return { index: chainIndex, reply: { Chain, ...noMeta } };
      } catch (error) {
        throw error instanceof ChainError ? new RpcError(error.message) : error;
      }
    },
  },
};
