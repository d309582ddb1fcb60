/**
 * TCP on the simulated network: bytes arrive in order or not at all. What is lost is sent again, later each time; who is gone answers with
 * a reset as soon as his machine can be reached.
 */
import { EventEmitter } from 'node:events';
import type net from 'node:net';
import { Duplex } from 'node:stream';
import type { Timer } from '../../../src/lib/runtime.ts';
import type { Process } from '../world.ts';
import type { Machine, Network } from './network.ts';

const firstRetryMs = 200;
const longestRetryMs = 120_000;
const firstDialRetryMs = 1_000;
/** What the kernel takes before it asks the process to wait. */
const sendBufferBytes = 64 * 1024;

type Segment =
  | { readonly kind: 'data'; readonly bytes: Buffer }
  | { readonly kind: 'end' }
  | { readonly kind: 'reset' };

const failure = (code: string, at?: { readonly address: string; readonly port: number }): Error =>
  Object.assign(new Error(at === undefined ? `read ${code}` : `connect ${code} ${at.address}:${at.port}`), {
    code,
    ...at,
  });

/** One end of a connection, as its kernel sees it. */
export class End {
  readonly machine: Machine;
  readonly process: Process;
  readonly socket: SimSocket;
  peer: End | null = null;
  /** The process is gone, or has closed it. */
  gone = false;
  readonly #network: Network;
  #queue: Segment[] = [];
  #queuedBytes = 0;
  #retryMs = firstRetryMs;
  #retrying = false;
  #lastArrivalMs = 0;
  readonly #inbox: Segment[] = [];
  readonly #sinceMs: number;
  #waitingForRoom: (() => void)[] = [];

  constructor(network: Network, machine: Machine, process: Process, socket: SimSocket) {
    this.#network = network;
    this.machine = machine;
    this.process = process;
    this.socket = socket;
    machine.ends.add(this);
    this.#sinceMs = network.world.nowMs;
  }

  /** For messages. */
  get what(): string {
    const { remoteAddress, remotePort, destroyed, readableEnded, writableEnded } = this.socket;
    const state = destroyed
      ? 'destroyed'
      : `${readableEnded ? 'heard the end' : 'open'}${writableEnded ? ', said it' : ''}`;
    return `connection with ${remoteAddress}:${remotePort} (${state}, since ${this.#sinceMs.toFixed(0)})`;
  }

  /** @param taken called when there is room for more */
  send(segment: Segment, taken: () => void = () => {}): void {
    this.#queue.push(segment);
    if (segment.kind === 'data') this.#queuedBytes += segment.bytes.length;
    if (this.#queuedBytes > sendBufferBytes) this.#waitingForRoom.push(taken);
    else taken();
    this.pump();
  }

  /** Sends what waits, as far as it gets through. */
  pump(): void {
    const { peer } = this;
    if (peer === null || this.#retrying) return;
    const network = this.#network;
    for (let segment = this.#queue[0]; segment !== undefined; segment = this.#queue[0]) {
      if (!network.passes(this.machine, peer.machine)) return this.#retry();
      this.#retryMs = firstRetryMs;
      this.#queue.shift();
      const bytes = segment.kind === 'data' ? segment.bytes.length : 0;
      this.#queuedBytes -= bytes;
      const { nowMs } = network.world;
      this.#lastArrivalMs = Math.max(this.#lastArrivalMs, nowMs + network.delayMs(this.machine, peer.machine, bytes));
      const arriving = segment;
      network.world.after(this.#lastArrivalMs - nowMs, () => peer.#arrive(arriving));
    }
    if (this.#queuedBytes <= sendBufferBytes) for (const taken of this.#waitingForRoom.splice(0)) taken();
  }

  #retry(): void {
    this.#retrying = true;
    this.#network.world.after(this.#retryMs, () => {
      this.#retrying = false;
      this.#retryMs = Math.min(longestRetryMs, this.#retryMs * 2);
      // A dead machine sends nothing any more.
      if (this.machine.powered && this.#queue.length > 0) this.pump();
    });
  }

  sendAgain(): void {
    this.#retrying = false;
    this.#retryMs = firstRetryMs;
    if (this.machine.powered) this.pump();
  }

  #arrive(segment: Segment): void {
    if (this.gone || !this.process.alive) {
      // Nobody is here: a machine that runs says so to whoever goes on talking.
      if (segment.kind !== 'reset' && this.machine.powered) this.#reset();
      return;
    }
    this.#inbox.push(segment);
    // Who was paused takes what came meanwhile in its order.
    this.process.deliver(() => this.socket.arrived(this.#inbox.shift()!));
  }

  #reset(): void {
    const { peer } = this;
    if (peer === null || !this.#network.passes(this.machine, peer.machine)) return;
    this.#network.world.after(this.#network.delayMs(this.machine, peer.machine, 0), () => {
      if (!peer.gone && peer.process.alive) {
        peer.process.deliver(() => peer.socket.arrived({ kind: 'reset' }));
      }
    });
  }

  /** The process died: what it had not sent is lost; the kernel closes for it if it still runs. */
  abandon(): void {
    this.gone = true;
    this.#queue = [];
    if (this.machine.powered) this.send({ kind: this.#network.random.chance(0.5) ? 'end' : 'reset' });
  }

  /** The process closed it. */
  closed(segment: Segment | null): void {
    if (this.gone) return;
    this.gone = true;
    this.machine.ends.delete(this);
    for (const taken of this.#waitingForRoom.splice(0)) taken();
    if (segment !== null) this.send(segment);
  }
}

/** As much of `net.Socket` as the agent uses. */
export class SimSocket extends Duplex {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly #process: Process;
  kernel: End | null = null;
  #timer: Timer | undefined;
  #idleMs = 0;
  #lastActiveMs = 0;

  constructor(
    process: Process,
    local: string,
    remote: { readonly address: string; readonly port: number },
    allowHalfOpen: boolean,
  ) {
    super({ allowHalfOpen });
    this.#process = process;
    this.localAddress = local;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
  }

  asSocket(): net.Socket {
    return this as unknown as net.Socket;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  setTimeout(idleMs: number, onTimeout?: () => void): this {
    if (onTimeout !== undefined) this.once('timeout', onTimeout);
    this.#idleMs = idleMs;
    this.#active();
    this.#timer?.cancel();
    this.#timer = undefined;
    if (idleMs > 0 && !this.destroyed) this.#watch(idleMs);
    return this;
  }

  #watch(inMs: number): void {
    this.#timer = this.#process.runtime.clock.after(inMs, () => {
      const leftMs = this.#lastActiveMs + this.#idleMs - this.#process.runtime.clock.nowMs();
      if (leftMs > 0) this.#watch(leftMs);
      else this.emit('timeout');
    });
  }

  #active(): void {
    this.#lastActiveMs = this.#process.runtime.clock.nowMs();
  }

  arrived(segment: Segment): void {
    if (this.destroyed) return;
    this.#active();
    if (segment.kind === 'data') this.push(segment.bytes);
    else if (segment.kind === 'end') this.push(null);
    else this.destroy(failure('ECONNRESET'));
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _: BufferEncoding, done: () => void): void {
    this.#send([chunk], done);
  }

  override _writev(chunks: { readonly chunk: Uint8Array }[], done: () => void): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #send(chunks: readonly Uint8Array[], done: () => void): void {
    this.#active();
    this.kernel?.send({ kind: 'data', bytes: Buffer.concat(chunks) }, done);
  }

  override _final(done: () => void): void {
    this.kernel?.send({ kind: 'end' });
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#timer?.cancel();
    const finished = this.writableFinished;
    // Who closes without having read everything resets the connection.
    this.kernel?.closed(finished ? null : { kind: this.readableLength > 0 ? 'reset' : 'end' });
    done(error);
  }
}

/** As much of `net.Server` as the agent uses. */
export class TcpListener extends EventEmitter {
  readonly #network: Network;
  readonly #machine: Machine;
  readonly process: Process;
  readonly #allowHalfOpen: boolean;
  #port = 0;

  constructor(
    network: Network,
    machine: Machine,
    process: Process,
    { allowHalfOpen = false }: net.ServerOpts,
    onConnection: (socket: net.Socket) => void,
  ) {
    super();
    this.#network = network;
    this.#machine = machine;
    this.process = process;
    this.#allowHalfOpen = allowHalfOpen;
    this.on('connection', onConnection);
  }

  asServer(): net.Server {
    return this as unknown as net.Server;
  }

  listen({ port }: { readonly port: number }): void {
    this.#port = port;
    this.#machine.listeners.set(port, this);
    process.nextTick(() => this.emit('listening'));
  }

  address(): { readonly address: string; readonly port: number } {
    return { address: this.#machine.ip, port: this.#port };
  }

  close(done: () => void): void {
    if (this.#machine.listeners.get(this.#port) === this) this.#machine.listeners.delete(this.#port);
    process.nextTick(done);
  }

  /** The kernel takes the connection; the process hears of it when it runs. */
  accept(from: Machine, port: number): End {
    const remote = { address: from.ip, port };
    const socket = new SimSocket(this.process, this.#machine.ip, remote, this.#allowHalfOpen);
    socket.kernel = new End(this.#network, this.#machine, this.process, socket);
    this.process.deliver(() => this.emit('connection', socket));
    return socket.kernel;
  }
}

export function connectTcp(
  network: Network,
  from: Machine,
  process: Process,
  { host = '', port, allowHalfOpen = false }: net.TcpNetConnectOpts,
): net.Socket {
  const { world } = network;
  const to = network.machine(host);
  const at = { address: host, port };
  const socket = new SimSocket(process, from.ip, at, allowHalfOpen);
  const end = new End(network, from, process, socket);
  socket.kernel = end;
  if (!process.alive) end.closed(null);
  const dial = (retryMs: number): void => {
    if (socket.destroyed || !process.alive) return;
    if (!network.passes(from, to) || !network.passes(to, from)) {
      const again = (): void => {
        if (network.dialing.delete(again)) dial(retryMs * 2);
      };
      network.dialing.add(again);
      world.after(retryMs, again);
      return;
    }
    world.after(network.delayMs(from, to, 0), () => {
      if (socket.destroyed || !process.alive) return;
      const listener = to.listeners.get(port);
      if (!to.powered) dial(retryMs);
      else if (listener === undefined || !listener.process.alive) {
        world.sometime('connection refused');
        const refused = (): unknown => !socket.destroyed && socket.destroy(failure('ECONNREFUSED', at));
        world.after(network.delayMs(to, from, 0), () => process.deliver(refused));
      } else {
        const other = listener.accept(from, from.nextPort++);
        other.peer = end;
        other.pump();
        world.after(network.delayMs(to, from, 0), () => {
          end.peer = other;
          end.pump();
          process.deliver(() => !socket.destroyed && socket.emit('connect'));
        });
      }
    });
  };
  dial(firstDialRetryMs);
  return socket.asSocket();
}
