/** The configuration of the authority as it is kept: what it may be, and with which words it is refused. */
import { isDeepStrictEqual } from 'node:util';
import { goQuote } from '../../../lib/go-format.ts';
import { CAConfiguration } from '../../../structs/connect.ts';
import { dictOf } from '../../../structs/dict.ts';
import { make } from '../../../structs/make.ts';
import type { Config } from '../../config/config.ts';
import { type BuiltInConfig, CaConfigError, fromFile, initialConfig, readCaConfig } from '../../connect/ca-config.ts';
import { RpcError } from '../../errors.ts';

/** What a cluster starts with: its defaults, and what the agent was configured with. */
export const firstConfig = ({ connect }: Config, ClusterID: string): CAConfiguration =>
  make(CAConfiguration, {
    ClusterID,
    Provider: connect.caProvider,
    Config: dictOf(Object.entries({ ...initialConfig, ...fromFile(connect.caConfig) })),
  });

export const notYet = (): RpcError => new RpcError('CA is uninitialized and unable to sign certificates yet');
export const conflict = (): RpcError => new RpcError('ModifyIndex did not match existing');

/** What the state of a provider is refused with when somebody would change it; the API makes a bad request of it. */
export const readOnlyState = (): RpcError =>
  new RpcError('Provider State is read-only. It must be omitted or identical to the current value');

/** @throws RpcError for a provider that there is not, or not yet */
export function demandProvider({ Provider, Config }: CAConfiguration): void {
  switch (Provider) {
    case 'consul':
      return;
    case 'vault':
      if (!Config?.['Token']) throw new RpcError('error configuring provider: must provide a Vault token');
      throw new RpcError('error configuring provider: the Vault provider is not supported yet');
    case 'aws-pca':
      throw new RpcError('error configuring provider: the aws-pca provider is not supported yet');
    default:
      throw new RpcError(`could not initialize provider: unknown CA provider ${goQuote(Provider)}`);
  }
}

/** @throws RpcError for settings that cannot be */
export function configured({ Config }: CAConfiguration): BuiltInConfig {
  try {
    return readCaConfig(Config ?? {});
  } catch (error) {
    if (error instanceof CaConfigError) throw new RpcError(`error configuring provider: ${error.message}`);
    throw error;
  }
}

/** Settings that turn out not to work are the fault of who asked. */
export async function refusing<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CaConfigError) throw new RpcError(error.message);
    throw error;
  }
}

/** Apart from indexes: nothing would change. */
export const isSame = (a: CAConfiguration, b: CAConfiguration): boolean =>
  a.Provider === b.Provider &&
  a.ForceWithoutCrossSigning === b.ForceWithoutCrossSigning &&
  isDeepStrictEqual({ ...a.Config }, { ...b.Config });
