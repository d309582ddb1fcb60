/** The agent's own tokens: what it uses where nobody gave one. They can be changed while it runs, and kept. */
import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { Answer, RpcCaller } from '../rpc/caller.ts';
import type { Args, MethodName, Reply } from '../rpc/signatures.ts';
import type { Logger } from '../telemetry/api.ts';

export type AgentTokenKind = 'default' | 'agent' | 'agentMaster' | 'replication';

/** As in the file that Consul keeps. */
const fileKeys: Readonly<Record<AgentTokenKind, string>> = {
  default: 'default',
  agent: 'agent',
  agentMaster: 'agent_master',
  replication: 'replication',
};
const kinds = Object.keys(fileKeys) as AgentTokenKind[];

export class AgentTokens {
  readonly #tokens: Record<AgentTokenKind, string>;
  /** Set over the API: these stay when the configuration is read anew. */
  readonly #chosen = new Map<AgentTokenKind, string>();
  readonly #path: string | null;
  readonly #logger: Logger;
  readonly #onChange: (() => void)[] = [];

  constructor({ acl, dataDir }: Pick<Config, 'acl' | 'dataDir'>, logger: Logger) {
    this.#logger = logger;
    this.#path = acl.persistTokens && dataDir !== '' ? join(dataDir, 'acl-tokens.json') : null;
    this.#tokens = { ...acl.tokens };
    for (const [kind, token] of this.#load()) this.#take(kind, token);
  }

  /** For requests that come without one. */
  get user(): string {
    return this.#tokens.default;
  }

  /** For what the agent does by itself. */
  get agent(): string {
    return this.#tokens.agent || this.#tokens.default;
  }

  get agentMaster(): string {
    return this.#tokens.agentMaster;
  }

  /** For copying from the primary datacenter. */
  get replication(): string {
    return this.#tokens.replication;
  }

  onChange(listener: () => void): void {
    this.#onChange.push(listener);
  }

  /** Throws when it cannot be kept; nothing has changed then. */
  set(kind: AgentTokenKind, token: string): void {
    if (this.#path !== null) this.#save(this.#path, new Map(this.#chosen).set(kind, token));
    this.#take(kind, token);
    this.#changed();
  }

  /** The configuration was read anew. */
  reload({ tokens }: Config['acl']): void {
    for (const kind of kinds) this.#tokens[kind] = this.#chosen.get(kind) ?? tokens[kind];
    this.#changed();
  }

  #take(kind: AgentTokenKind, token: string): void {
    this.#chosen.set(kind, token);
    this.#tokens[kind] = token;
  }

  #changed(): void {
    for (const listener of this.#onChange) listener();
  }

  #load(): [AgentTokenKind, string][] {
    if (this.#path === null) return [];
    try {
      const kept = JSON.parse(readFileSync(this.#path, 'utf8')) as Record<string, unknown>;
      return kinds.flatMap((kind): [AgentTokenKind, string][] => {
        const token = kept[fileKeys[kind]];
        return typeof token === 'string' && token !== '' ? [[kind, token]] : [];
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#logger.warn('unable to load persisted tokens', { error: (error as Error).message });
      }
      return [];
    }
  }

  #save(path: string, chosen: ReadonlyMap<AgentTokenKind, string>): void {
    const kept = Object.fromEntries([...chosen].map(([kind, token]) => [fileKeys[kind], token]));
    const temporary = `${path}.tmp`;
    writeFileSync(temporary, JSON.stringify(kept), { mode: 0o600 });
    chmodSync(temporary, 0o600);
    renameSync(temporary, path);
  }
}

/** Calls without a token are made in the agent's own name. */
export const inOwnName = (rpc: RpcCaller, tokens: AgentTokens): RpcCaller => ({
  call<M extends MethodName>(
    method: M,
    args: Partial<Args<M>>,
    options?: Parameters<RpcCaller['call']>[2],
  ): Answer<Reply<M>> | Promise<Answer<Reply<M>>> {
    const { Token } = args as { readonly Token?: string };
    return rpc.call(method, Token ? args : { ...args, Token: tokens.agent }, options);
  },
});
