/** Makes encrypted connections of accepted ones, by what the settings say at that moment. */
import type net from 'node:net';
import tls from 'node:tls';
import { joinHostPort } from '../../lib/host-port.ts';
import { clientFault } from '../../lib/tls-error.ts';

export interface TlsAcceptorOptions {
  /** The same object until something changes; null: there is no certificate, and nobody is let in. */
  readonly settings: () => tls.TlsOptions | null;
  readonly handshakeTimeoutMs: number;
  readonly alpn?: readonly string[];
  /** Each half of a connection may end by itself, once the handshake is done. */
  readonly allowHalfOpen?: boolean;
  readonly onSecure: (socket: tls.TLSSocket) => void;
  /** The connection is closed by then. */
  readonly onFailed: (from: string, error: string) => void;
}

export class TlsAcceptor {
  readonly #options: TlsAcceptorOptions;
  #server: tls.Server | null = null;
  #made: tls.TlsOptions | null = null;
  /** Whose a connection was: when it is closed, it does not know any more. */
  readonly #peers = new WeakMap<object, string>();

  constructor(options: TlsAcceptorOptions) {
    this.#options = options;
  }

  /** What was read off the socket before was put back. */
  accept(socket: net.Socket): void {
    const from = peerOf(socket);
    this.#peers.set(socket, from);
    const server = this.#current();
    if (server === null) {
      socket.destroy();
      this.#options.onFailed(from, 'tls: no certificates configured');
      return;
    }
    // Who hangs up during the handshake is gone at once, and not when its time is over.
    socket.allowHalfOpen = false;
    // A TLS server that listens nowhere: connections are handed to it.
    server.emit('connection', socket);
  }

  #current(): tls.Server | null {
    const settings = this.#options.settings();
    if (settings === null || settings === this.#made) return settings === null ? null : this.#server;
    const { handshakeTimeoutMs: handshakeTimeout, alpn, allowHalfOpen = false, onSecure, onFailed } = this.#options;
    const server = tls.createServer({
      ...settings,
      handshakeTimeout,
      ...(alpn !== undefined && { ALPNProtocols: [...alpn] }),
    });
    server.on('secureConnection', (socket) => {
      socket.allowHalfOpen = allowHalfOpen;
      onSecure(socket);
    });
    server.on('tlsClientError', (error, socket) => {
      const { _parent: below = socket } = socket as { readonly _parent?: object };
      onFailed(this.#peers.get(below) ?? peerOf(socket), clientFault(error, socket));
      socket.destroy();
    });
    this.#made = settings;
    this.#server = server;
    return server;
  }
}

const peerOf = ({ remoteAddress = '', remotePort = 0 }: net.Socket): string => joinHostPort(remoteAddress, remotePort);
