/** All that the leader of a secondary datacenter copies from the primary, and how it goes. */
import type { ACLReplicationStatus } from '../../../structs/acl.ts';
import { zeroTime } from '../../../structs/make.ts';
import type { ServerContext } from '../context.ts';
import { replicatedPolicies, replicatedRoles, replicatedTokens } from './acl.ts';
import type { Ask } from './ask.ts';
import { replicatedCaRoots } from './ca-roots.ts';
import { replicatedConfigEntries, replicatedFederationStates } from './mesh.ts';
import { type Replicated, Replicator } from './replicator.ts';

type AclTable = 'policies' | 'roles' | 'tokens';

export class Replication {
  readonly #context: ServerContext;
  #running: Replicator<never, never>[] = [];
  #indexes: Record<AclTable, number> = { policies: 0, roles: 0, tokens: 0 };
  #lastSuccess = zeroTime;
  #lastError = zeroTime;

  constructor(context: ServerContext) {
    this.#context = context;
  }

  /** Begins with leadership, and again with the next. */
  start(): void {
    const { config, logger, runtime, askPrimary, tokens } = this.#context;
    if (this.#running.length > 0 || config.primaryDatacenter === config.datacenter) return;
    this.#indexes = { policies: 0, roles: 0, tokens: 0 };
    const ask: Ask = (method, args, signal) => {
      const question = { ...args, Datacenter: config.primaryDatacenter, Token: tokens.replication };
      return askPrimary(method, question, signal);
    };
    const begin = <Item, Local>(of: Replicated<Item, Local>, onRound: (index: number | null) => void = () => {}) => {
      const replicator = new Replicator(of, { clock: runtime.clock, logger: logger.named('replication'), onRound });
      replicator.start();
      this.#running.push(replicator as unknown as Replicator<never, never>);
    };
    begin(replicatedConfigEntries(this.#context, ask));
    begin(replicatedFederationStates(this.#context, ask));
    if (config.connect.enabled) begin(replicatedCaRoots(this.#context, ask));
    if (!config.acl.enabled) return;
    begin(replicatedPolicies(this.#context, ask), (index) => this.#told('policies', index));
    begin(replicatedRoles(this.#context, ask), (index) => this.#told('roles', index));
    if (config.acl.tokenReplication) {
      begin(replicatedTokens(this.#context, ask), (index) => this.#told('tokens', index));
    }
  }

  stop(): void {
    for (const replicator of this.#running.splice(0)) replicator.stop();
  }

  #told(table: AclTable, index: number | null): void {
    const now = new Date(this.#context.runtime.clock.wallMs()).toISOString().replace(/\.\d+Z$/, 'Z');
    if (index === null) this.#lastError = now;
    else {
      this.#lastSuccess = now;
      this.#indexes[table] = index;
    }
  }

  status(): ACLReplicationStatus {
    const { config } = this.#context;
    const Enabled = config.acl.enabled && config.primaryDatacenter !== config.datacenter;
    return {
      Enabled,
      Running: Enabled && this.#running.length > 0,
      SourceDatacenter: Enabled ? config.primaryDatacenter : '',
      ReplicationType: Enabled ? (config.acl.tokenReplication ? 'tokens' : 'policies') : '',
      ReplicatedIndex: this.#indexes.policies,
      ReplicatedRoleIndex: this.#indexes.roles,
      ReplicatedTokenIndex: this.#indexes.tokens,
      LastSuccess: this.#lastSuccess,
      LastError: this.#lastError,
    };
  }
}
