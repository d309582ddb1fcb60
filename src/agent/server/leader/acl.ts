/** The ACL system's start-up writes, and the end of tokens whose time is over. */
import { ACLPolicy, ACLToken } from '../../../structs/acl.ts';
import { policyHash, tokenHash } from '../../../structs/acl-hash.ts';
import { make } from '../../../structs/make.ts';
import { anonymousId, anonymousSecret, globalManagementId, globalManagementRules } from '../../acl/identities.ts';
import { bootstrapIndex, expiredTokens, tokensIndex, tokensWithoutAccessor } from '../../state/acl-read.ts';
import { fold } from '../../state/schema.ts';
import type { ServerContext } from '../context.ts';
import { managementToken } from '../methods/acl-bootstrap.ts';

/** Expired tokens are refused at once; they are removed in batches. */
export const reapIntervalMs = 5_000;
const maxReaped = 512;

export async function initializeAcls(context: ServerContext): Promise<void> {
  const { config, store, logger, propose } = context;
  // Other datacenters have theirs from the primary.
  if (!config.acl.enabled || config.primaryDatacenter !== config.datacenter) return;
  logger.info('initializing acls');
  const { tables } = store.state;
  if (tables.aclPolicies.get(globalManagementId)?.Rules !== globalManagementRules) {
    const policy = make(ACLPolicy, {
      ID: globalManagementId,
      Name: 'global-management',
      Description: 'Builtin Policy that grants unlimited access',
      Rules: globalManagementRules,
    });
    await propose('aclPolicySet', { Policies: [{ ...policy, Hash: policyHash(policy) }] });
    logger.info('Created ACL policy', { policy: 'global-management' });
  }
  const { master } = config.acl.tokens;
  if (master !== '' && tables.aclTokens.get(master) === undefined) {
    const token = managementToken(context, master, 'Master Token');
    if (bootstrapIndex(store.state) === 0) await propose('aclBootstrap', { Token: token, ResetIndex: 0 });
    else await setToken(context, token);
    logger.info('Created ACL master token from configuration');
  }
  if (tables.aclTokens.first('accessor', fold(anonymousId)) === undefined) {
    const token = make(ACLToken, {
      AccessorID: anonymousId,
      SecretID: anonymousSecret,
      Description: 'Anonymous Token',
      CreateTime: new Date(context.runtime.clock.wallMs()).toISOString(),
    });
    await setToken(context, { ...token, Hash: tokenHash(token) });
    logger.info('Created ACL anonymous token from configuration');
  }
}

const setToken = ({ propose }: ServerContext, token: ACLToken): Promise<unknown> =>
  propose('aclTokenSet', {
    Tokens: [token],
    CAS: false,
    AllowMissingLinks: false,
    ProhibitUnprivileged: false,
    FromReplication: false,
  });

export async function reapTokens({ config, store, runtime, propose }: ServerContext): Promise<void> {
  if (!config.acl.enabled) return;
  const expired = expiredTokens(store.state, runtime.clock.wallMs(), maxReaped);
  if (expired.length > 0) await propose('aclTokenDelete', { TokenIDs: expired.map(({ AccessorID }) => AccessorID) });
}

export const upgradeIntervalMs = 40;
const maxUpgraded = 128;

/**
 * Tokens of the system before 1.4 get what the present one knows tokens by; what they may do stays. Only when the table
 * has been quiet for one round: who makes tokens the old way reads them back as they were made.
 */
export class TokenUpgrade {
  readonly #context: ServerContext;
  #seen = 0;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  async run(): Promise<void> {
    const { config, store } = this.#context;
    if (config.primaryDatacenter !== config.datacenter) return;
    const index = tokensIndex(store.state);
    const isQuiet = index === this.#seen;
    this.#seen = index;
    if (isQuiet) await upgradeTokens(this.#context);
  }
}

async function upgradeTokens({ store, runtime, propose }: ServerContext): Promise<void> {
  const Tokens = tokensWithoutAccessor(store.state)
    .slice(0, maxUpgraded)
    .map((token): ACLToken => {
      const manages = token.Type === 'management';
      const Policies = manages ? [{ ID: globalManagementId, Name: '' }] : token.Policies;
      const upgraded = { ...token, AccessorID: runtime.random.uuid(), Policies };
      return { ...upgraded, Hash: tokenHash(upgraded) };
    });
  if (Tokens.length === 0) return;
  const options = { CAS: true, AllowMissingLinks: false, ProhibitUnprivileged: false, FromReplication: false };
  await propose('aclTokenSet', { Tokens, ...options });
}
