/** ACL.BootstrapTokens, Authorize and ReplicationStatus. */
import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ACLToken } from '../../../structs/acl.ts';
import { tokenHash } from '../../../structs/acl-hash.ts';
import { make } from '../../../structs/make.ts';
import { authorize } from '../../acl/authorize.ts';
import { globalManagementId } from '../../acl/identities.ts';
import { errors, RpcError } from '../../errors.ts';
import { bootstrapIndex, tokenBySecret } from '../../state/acl-read.ts';
import { answer, type MethodTable, type ServerContext } from '../context.ts';
import { demandAcls, proposing, tokenOf } from './acl-common.ts';

/** Whoever can write into the data directory may bootstrap again, by the index of the time before. */
const resetFile = ({ config }: ServerContext): string | null =>
  config.acl.bootstrapResetDir === '' ? null : join(config.acl.bootstrapResetDir, 'acl-bootstrap-reset');

/** What the reset file says; 0 when there is none, or it says something else. */
async function resetIndexOf(context: ServerContext): Promise<number> {
  const path = resetFile(context);
  if (path === null) return 0;
  try {
    const text = (await readFile(path, 'utf8')).trim();
    return /^\d{1,15}$/.test(text) ? Number(text) : 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      context.logger.error('bootstrap: failed to read the reset file', { path, error: (error as Error).message });
    }
    return 0;
  }
}

export const managementToken = (context: ServerContext, secret: string, description: string): ACLToken => {
  const token = make(ACLToken, {
    AccessorID: context.runtime.random.uuid(),
    SecretID: secret,
    Description: description,
    Policies: [{ ID: globalManagementId, Name: '' }],
    CreateTime: new Date(context.runtime.clock.wallMs()).toISOString(),
    // So that the endpoints of the time before 1.4 know it as well.
    Type: 'management',
  });
  return { ...token, Hash: tokenHash(token) };
};

async function bootstrap(context: ServerContext): Promise<ACLToken> {
  demandAcls(context);
  const done = bootstrapIndex(context.store.state);
  const given = done === 0 ? 0 : await resetIndexOf(context);
  if (done !== 0 && given === 0) {
    const denied = errors.permissionDenied();
    throw new RpcError(`${denied.message}: ACL bootstrap no longer allowed (reset index: ${done})`, denied.status);
  }
  if (done !== given) {
    throw new RpcError(`Invalid bootstrap reset index (specified ${given}, reset index: ${done})`);
  }
  const token = managementToken(context, context.runtime.random.uuid(), 'Bootstrap Token (Global Management)');
  await proposing('Failed to bootstrap ACLs', () =>
    context.propose('aclBootstrap', { Token: token, ResetIndex: given }),
  );
  context.logger.info('ACL bootstrap completed');
  const path = resetFile(context);
  if (given !== 0 && path !== null) {
    await unlink(path).catch((error: Error) => {
      context.logger.error('bootstrap: failed to remove the reset file', { path, error: error.message });
    });
  }
  return tokenBySecret(context.store.state, token.SecretID) ?? token;
}

export const aclBootstrapMethods: MethodTable = {
  'ACL.BootstrapTokens': {
    kind: 'procedure',
    by: 'leader',
    run: async (context) => answer(await bootstrap(context)),
  },
  'ACL.Bootstrap': {
    kind: 'procedure',
    by: 'leader',
    async run(context) {
      const { SecretID, Description, Type, Rules, CreateIndex, ModifyIndex } = await bootstrap(context);
      return answer({ ID: SecretID, Name: Description, Type, Rules, CreateIndex, ModifyIndex });
    },
  },
  'ACL.Authorize': {
    kind: 'procedure',
    by: 'anybody',
    async run(context, args) {
      if (context.acl === null) throw errors.aclDisabled();
      await context.acl.prepare(tokenOf(args));
      return answer(authorize(context.acl.resolve(tokenOf(args)).authorizer, args.Requests ?? []));
    },
  },
  'ACL.ReplicationStatus': {
    kind: 'procedure',
    by: 'leader',
    run(context) {
      demandAcls(context);
      return answer(context.replication.status());
    },
  },
};
