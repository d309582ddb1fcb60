/** Internal.EventFire and Internal.KeyringOperation: what servers do with the gossip pools for everybody else. */

import { decodeBase64 } from '../../../lib/go-json/base64.ts';
import { JsonError } from '../../../lib/go-json/index.ts';
import type { KeyringResponse } from '../../../structs/internal.ts';
import { RpcError } from '../../errors.ts';
import { eventPrefix } from '../../events/user-event.ts';
import { SerfLimitError } from '../../gossip/serf/core/types.ts';
import type { KeyOperation } from '../../gossip/serf/internal-queries.ts';
import { answer, type MethodTable, noMeta, type ServerContext } from '../context.ts';
import type { ServerPool } from '../pools.ts';

const operations: Readonly<Record<string, KeyOperation>> = {
  list: 'list-keys',
  install: 'install-key',
  use: 'use-key',
  remove: 'remove-key',
};

export const internalGossipMethods: MethodTable = {
  'Internal.EventFire': {
    kind: 'procedure',
    by: 'anybody',
    run({ pools }, args) {
      try {
        pools.lan().userEvent(`${eventPrefix}${args.Name ?? ''}`, args.Payload ?? null, false);
      } catch (error) {
        if (!(error instanceof SerfLimitError)) throw error;
        throw new RpcError(`1 error occurred:\n\t* error broadcasting event to segment "": ${error.message}\n\n`);
      }
      return answer({ ...noMeta });
    },
  },
  'Internal.KeyringOperation': {
    kind: 'procedure',
    by: 'anybody',
    async run(context, args) {
      const { pools, config, forwarder } = context;
      const operation = operations[args.Operation ?? ''];
      if (operation === undefined) throw new RpcError(`Unrecognized keyring operation ${args.Operation}`);
      const run = (pool: ServerPool, wan: boolean): Promise<KeyringResponse> =>
        onPool(context, pool, wan, operation, args.Key ?? '', args.RelayFactor ?? 0);
      const wan = pools.wan();
      if (args.Forwarded || args.LocalOnly || wan === null) {
        return answer({ Responses: [await run(pools.lan(), false)], ...noMeta });
      }
      const elsewhere = async (Datacenter: string): Promise<readonly KeyringResponse[]> => {
        const asked = { ...args, Datacenter, Forwarded: true };
        return (await forwarder.toDatacenter(Datacenter, 'Internal.KeyringOperation', asked)).reply.Responses ?? [];
      };
      const others = forwarder.datacenters().filter((name) => name !== config.datacenter);
      // The WAN pool once, from here; every LAN pool by a server of its own. All at once: a pool that waits for a member that is away must
      // not delay the others, or what it does there may come after the operator's next step.
      const [here, ...there] = await Promise.all([
        Promise.all([run(wan, true), run(pools.lan(), false)]),
        ...others.map(elsewhere),
      ]);
      return answer({ Responses: [...here, ...there.flat()], ...noMeta });
    },
  },
};

async function onPool(
  { config }: ServerContext,
  pool: ServerPool,
  WAN: boolean,
  operation: KeyOperation,
  key: string,
  relayFactor: number,
): Promise<KeyringResponse> {
  const response = { WAN, Datacenter: config.datacenter, Segment: '' };
  try {
    const { messages, keys, primaryKeys, nodes, error } = await pool.keyring(operation, decodeBase64(key), relayFactor);
    return { ...response, Messages: messages, Keys: keys, PrimaryKeys: primaryKeys, NumNodes: nodes, Error: error };
  } catch (error) {
    if (!(error instanceof JsonError || error instanceof SerfLimitError)) throw error;
    return { ...response, Messages: null, Keys: null, PrimaryKeys: null, NumNodes: 0, Error: error.message };
  }
}
