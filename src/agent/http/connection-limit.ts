/** `limits.http_max_conns_per_client`: connections beyond it are answered with a bare 429 and closed. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const message = 'Your IP is issuing too many concurrent connections, please rate limit your calls\n';
const refusal = `HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nContent-Length: ${message.length}\r\nConnection: close\r\n\r\n${message}`;

export class ConnectionLimit {
  #limit: number;
  readonly #open = new Map<string, number>();

  /** 0 or less: no limit. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** For connections from now on. */
  set(limit: number): void {
    this.#limit = limit;
  }

  /** Lets the server see only the connections that are within the limit. */
  guard(server: Server): void {
    const accept = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (this.#admit(socket)) for (const listener of accept) listener.call(server, socket);
    });
  }

  /** Unix sockets have no address and are not counted. */
  #admit(socket: Socket): boolean {
    const address = socket.remoteAddress;
    if (this.#limit <= 0 || address === undefined) return true;
    const open = this.#open.get(address) ?? 0;
    if (open >= this.#limit) {
      socket.on('error', () => socket.destroy());
      socket.end(refusal, () => socket.destroy());
      return false;
    }
    this.#open.set(address, open + 1);
    socket.once('close', () => {
      const left = this.#open.get(address)! - 1;
      if (left === 0) this.#open.delete(address);
      else this.#open.set(address, left);
    });
    return true;
  }
}
