/**
 * The servers a client agent may ask, in an order of its own: spreads the load, moves on when one fails, and is shuffled anew
 * from time to time so that new servers get their share.
 */
import type { Random } from '../../lib/runtime.ts';
import type { ServerInfo } from '../gossip/member.ts';

export class ServerList {
  #servers: ServerInfo[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#servers.length;
  }

  get all(): readonly ServerInfo[] {
    return this.#servers;
  }

  /** A server appeared, or came back with another address. New ones go to a random place. */
  add(server: ServerInfo): void {
    const at = this.#servers.findIndex((s) => s.id === server.id && s.name === server.name);
    if (at >= 0) this.#servers[at] = server;
    else this.#servers.splice(this.#random.int(this.#servers.length + 1), 0, server);
  }

  remove(server: Pick<ServerInfo, 'id' | 'name'>): void {
    this.#servers = this.#servers.filter((s) => s.id !== server.id || s.name !== server.name);
  }

  /** Who is asked next; undefined when there is none. */
  current(): ServerInfo | undefined {
    return this.#servers[0];
  }

  /** The server did not answer: it goes to the end. */
  failed(server: ServerInfo): void {
    if (this.#servers[0] !== server) return;
    this.#servers.push(this.#servers.shift() as ServerInfo);
  }

  shuffle(): void {
    for (let i = this.#servers.length - 1; i > 0; i--) {
      const j = this.#random.int(i + 1);
      [this.#servers[i], this.#servers[j]] = [this.#servers[j] as ServerInfo, this.#servers[i] as ServerInfo];
    }
  }

  /** Any server but those named; for requests to another datacenter. */
  random(): ServerInfo | undefined {
    return this.#servers[this.#random.int(this.#servers.length)];
  }
}

/** How often clients shuffle: often enough to rebalance, rarely enough for the servers (2 to 3 minutes, longer in large pools). */
export function rebalanceIntervalMs(servers: number, nodes: number, random: Random): number {
  const clusterWideRebalancesPerSecond = 64 * Math.max(1, servers);
  const scaledMs = (nodes / clusterWideRebalancesPerSecond) * 1000;
  const minimumMs = 120_000;
  return Math.max(minimumMs, scaledMs) + random.int(60_000);
}
