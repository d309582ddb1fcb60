/** The ACL system's start-up writes, and the end of tokens whose time is over. */
import { messageOf } from '../../../lib/message-of.ts';
import type { Timer } from '../../../lib/runtime.ts';
import { ACLPolicy, ACLToken } from '../../../structs/acl.ts';
import { policyHash, tokenHash } from '../../../structs/acl-hash.ts';
import { make } from '../../../structs/make.ts';
import { anonymousId, anonymousSecret, globalManagementId, globalManagementRules } from '../../acl/identities.ts';
import { bootstrapIndex, expiredTokens, tokensWithoutAccessor } from '../../state/acl-read.ts';
import { fold } from '../../state/schema.ts';
import type { Reader, Watch } from '../../state/watches.ts';
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

/** How long the table of tokens has been quiet: who makes tokens the old way reads them back as they were made. */
const quietMs = 70;
const upgradeRetryMs = 1_000;
const maxUpgraded = 128;

/**
 * Tokens of the system before 1.4 get what the present one knows tokens by; what they may do stays. Follows the table for one
 * term of leadership.
 */
export class TokenUpgrade implements Reader {
  watched: Watch[] = [];
  readonly #context: ServerContext;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  start(): void {
    this.#context.store.watches.watch(this, (watch) => watch.topic('acl-tokens'));
    this.#in(quietMs);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#context.store.watches.unwatch(this);
  }

  changed(): void {
    this.#in(quietMs);
  }

  #in(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#context.runtime.clock.after(delayMs, () => void this.#run());
  }

  async #run(): Promise<void> {
    const { config, logger } = this.#context;
    if (config.primaryDatacenter !== config.datacenter) return;
    try {
      // Its own write brings it back here while there are more.
      await upgradeTokens(this.#context);
    } catch (error) {
      if (this.#stopped) return;
      logger.error('failed to upgrade legacy tokens', { error: messageOf(error) });
      this.#in(upgradeRetryMs);
    }
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
