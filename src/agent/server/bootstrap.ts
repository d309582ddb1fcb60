/**
 * `bootstrap_expect`: once that many servers are in the pool and none of them knows a cluster, every one of them takes the same first
 * configuration (wire/raft, section 4).
 */

import { messageOf } from '../../lib/message-of.ts';
import type { Timer } from '../../lib/runtime.ts';
import { type ServerInfo, serverInfo, speaksOurRaft } from '../gossip/member.ts';
import type { Forwarder } from '../rpc/forwarder.ts';
import type { ServerContext } from './context.ts';

/** A cluster that has not begun by then is waiting for something that the operator should know of. */
const patienceMs = 10_000;
const askTries = 5;
const askPauseMs = 1_000;

export class Bootstrapper {
  readonly #context: ServerContext;
  readonly #forwarder: Forwarder;
  #busy = false;
  /** Something changed while an attempt was under way. */
  #again = false;
  #done: boolean;
  readonly #patience: Timer;

  constructor(context: ServerContext, forwarder: Forwarder) {
    this.#context = context;
    this.#forwarder = forwarder;
    this.#patience = context.runtime.clock.after(patienceMs, () => this.#tellWhoIsMissing());
    this.#done = context.config.bootstrapExpect < 2;
  }

  /** Called whenever the pool changed. */
  maybe(): void {
    this.#again = true;
    if (!this.#busy) void this.#tryWhileNews();
  }

  stop(): void {
    this.#done = true;
    this.#patience.cancel();
  }

  /** Nobody has come to take this server in, and it may not begin alone. */
  #tellWhoIsMissing(): void {
    const { raft, config, members, logger } = this.#context;
    const { configuration, lastLogIndex } = raft.stats();
    if (configuration.servers.length > 0 || lastLogIndex > 0) return;
    const servers = members().filter((member) => serverInfo(member) !== null && member.status === 'alive').length;
    const facts = { servers, bootstrap_expect: config.bootstrapExpect };
    logger.named('raft').warn('no known peers, aborting election', facts);
  }

  async #tryWhileNews(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#again && !this.#done) {
        this.#again = false;
        await this.#try();
      }
    } finally {
      this.#busy = false;
    }
  }

  async #try(): Promise<void> {
    const { raft, config, logger } = this.#context;
    if (this.#endsWithData()) return;
    const servers = this.#expected();
    if (servers === null || servers.length < config.bootstrapExpect) return;
    for (const server of servers) {
      if (server.id === this.#context.nodeId) continue;
      const peers = await this.#peersOf(server);
      if (this.#done) return;
      if (peers === null) {
        // It may be late, and nothing else may happen in the pool any more.
        this.#again = true;
        return;
      }
      if (peers.length > 0) {
        logger.info('Existing Raft peers reported by server, disabling bootstrap mode', { server: server.name });
        this.#done = true;
        return;
      }
    }
    // While they were asked, one of them may have begun, with this server in it.
    if (this.#endsWithData()) return;
    this.#done = true;
    const addresses = servers.map((s) => s.address);
    logger.info('Found expected number of peers, attempting bootstrap', { peers: addresses.join(',') });
    try {
      raft.bootstrap({ servers: servers.map(({ id, address }) => ({ suffrage: 'voter', id, address })) });
    } catch (error) {
      logger.error('Failed to bootstrap cluster', { error: messageOf(error) });
    }
  }

  /** What already is part of a cluster begins none. */
  #endsWithData(): boolean {
    const { lastLogIndex, term } = this.#context.raft.stats();
    if (lastLogIndex === 0 && term === 0) return false;
    this.#context.logger.info('Raft data found, disabling bootstrap mode');
    this.#done = true;
    return true;
  }

  /** Servers of this datacenter that wait like this one, in one order for all; null when one of them does not fit. */
  #expected(): ServerInfo[] | null {
    const { config, members, logger } = this.#context;
    const found: ServerInfo[] = [];
    for (const member of members()) {
      const server = serverInfo(member);
      if (server === null || server.datacenter !== config.datacenter || member.status !== 'alive') continue;
      if (server.expect !== 0 && server.expect !== config.bootstrapExpect) {
        logger.error('Member has a conflicting expect value. All nodes should expect the same number', {
          member: member.name,
        });
        return null;
      }
      if (server.bootstrap) {
        logger.error('Member has bootstrap mode. Expect disabled.', { member: member.name });
        return null;
      }
      if (!speaksOurRaft(server)) {
        const fields = { member: member.name, raft_version: server.raftVersion };
        logger.error('Member speaks a Raft protocol that is not supported. Expect disabled.', fields);
        return null;
      }
      if (server.voter) found.push(server);
    }
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** null when the server could not be asked. */
  async #peersOf(server: ServerInfo): Promise<readonly string[] | null> {
    const { logger, runtime } = this.#context;
    for (let n = 0; n < askTries && !this.#done; n++) {
      try {
        const { reply } = await this.#forwarder.ask(server.address, 'Status.Peers', {});
        return reply ?? [];
      } catch (error) {
        logger.error('Failed to confirm peer status for server (will retry).', {
          server: server.name,
          nextRetry: `${askPauseMs / 1000}s`,
          error: messageOf(error),
        });
        await new Promise<void>((done) => runtime.clock.after(askPauseMs, done));
      }
    }
    return null;
  }
}
