/** Who may do what, apart from ACLs: blocked endpoints, and the networks that may write. */
import { BlockList, isIP, type Socket } from 'node:net';

const readOnly = new Set(['GET', 'HEAD', 'OPTIONS']);

export class Access {
  readonly #blocked: readonly string[];
  readonly #writers: BlockList | null;

  /** `writers` are CIDRs, already checked by the configuration; none means everybody. */
  constructor(blocked: readonly string[], writers: readonly string[]) {
    this.#blocked = blocked;
    this.#writers = writers.length === 0 ? null : new BlockList();
    for (const cidr of writers) {
      const slash = cidr.lastIndexOf('/');
      const network = cidr.slice(0, slash);
      this.#writers?.addSubnet(network, Number(cidr.slice(slash + 1)), isIP(network) === 6 ? 'ipv6' : 'ipv4');
    }
  }

  /** By prefix: `/v1/kv/secret` blocks `/v1/kv/secretive` as well. */
  isBlocked(path: string): boolean {
    return this.#blocked.length > 0 && this.#blocked.some((prefix) => path.startsWith(prefix));
  }

  /** The peer's own address counts, never a header. Requests over a unix socket have none: files have their own guards. */
  mayUse(method: string, socket: Socket): boolean {
    if (this.#writers === null || readOnly.has(method)) return true;
    const address = socket.remoteAddress;
    if (address === undefined) return true;
    const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
    return this.#writers.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
  }
}
