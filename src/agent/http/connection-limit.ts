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
    this.#each(server, refuse, (accept) => ({ accept }));
  }

  /** The same where connections are encrypted first: nobody there reads a refusal in words. */
  guardSecure(server: Server, secure: (serve: (socket: Socket) => void) => { accept(socket: Socket): void }): void {
    this.#each(server, (socket) => socket.destroy(), secure);
  }

  #each(
    server: Server,
    refused: (socket: Socket) => void,
    admitted: (serve: (socket: Socket) => void) => { accept(socket: Socket): void },
  ): void {
    const listeners = server.listeners('connection') as ((socket: Socket) => void)[];
    const serve = (socket: Socket): void => {
      for (const listener of listeners) listener.call(server, socket);
    };
    const acceptor = admitted(serve);
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (this.#admit(socket)) acceptor.accept(socket);
      else refused(socket);
    });
  }

  /** Unix sockets have no address and are not counted. */
  #admit(socket: Socket): boolean {
    const address = socket.remoteAddress;
    if (this.#limit <= 0 || address === undefined) return true;
    const open = this.#open.get(address) ?? 0;
    if (open >= this.#limit) return false;
    this.#open.set(address, open + 1);
    socket.once('close', () => {
      const left = this.#open.get(address)! - 1;
      if (left === 0) this.#open.delete(address);
      else this.#open.set(address, left);
    });
    return true;
  }
}

function refuse(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.end(refusal, () => socket.destroy());
}
