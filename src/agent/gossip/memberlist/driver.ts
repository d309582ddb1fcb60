/**
 * A memberlist on real sockets: turns packets and timers into steps of the core, and its effects into packets and exchanges.
 * Serf sits on top and hears what happens by `MemberlistEvents`.
 */
import type net from 'node:net';
import { joinHostPort } from '../../../lib/host-port.ts';
import { networkErrorText } from '../../../lib/network-error.ts';
import type { Runtime, Timer } from '../../../lib/runtime.ts';
import { hangUp, type Sockets } from '../../../lib/sockets.ts';
import type { Logger, Metrics } from '../../telemetry/api.ts';
import type { MemberlistConfig } from './core/config.ts';
import { Memberlist, type MemberlistOwner } from './core/memberlist.ts';
import { type Address, type Effect, type Node, sameAddress, understandsCrc } from './core/node.ts';
import { type Meter, meterOf } from './meter.ts';
import { decrypt, encrypt } from './security.ts';
import { encodeStream, StreamDecoder, type StreamMessage, type StreamSecurity } from './stream.ts';
import { openTransport, placeText, type Transport } from './transport.ts';
import { decodePacket, encodePacket, WireError } from './wire.ts';

export interface MemberlistEvents extends MemberlistOwner {
  onJoin(node: Node): void;
  onLeave(node: Node): void;
  onUpdate(node: Node): void;
  onConflict(existing: Node, claimed: Address): void;
  onUser(payload: Uint8Array): void;
  onRtt(node: Node, rttMs: number, payload: Uint8Array | null): void;
  /** The owner's part of a full state exchange. */
  userState(join: boolean): Uint8Array;
  mergeUserState(state: Uint8Array, join: boolean): void;
}

export interface MemberlistOptions {
  readonly config: MemberlistConfig;
  readonly bindHost: string;
  readonly tcpTimeoutMs: number;
  /** Whether packets and streams are compressed. */
  readonly compress: boolean;
  readonly security: StreamSecurity | null;
  readonly meta: Uint8Array;
  readonly events: MemberlistEvents;
  readonly sockets: Sockets;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Thrown when an exchange fails; the text is what operators read. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
}

export class MemberlistDriver {
  readonly #options: MemberlistOptions;
  readonly core: Memberlist;
  readonly #transport: Transport;
  readonly #meter: Meter;
  #healthScore = -1;
  #timer: Timer | undefined;
  #timerAtMs = Number.POSITIVE_INFINITY;
  #stopped = false;

  private constructor(options: MemberlistOptions, core: Memberlist, transport: Transport) {
    this.#options = options;
    this.core = core;
    this.#transport = transport;
    this.#meter = meterOf(options.metrics);
  }

  static async start(options: MemberlistOptions): Promise<MemberlistDriver> {
    let driver: MemberlistDriver | undefined;
    const transport = await openTransport(options.sockets, options.bindHost, options.config.port, {
      onPacket: (packet, from) => driver?.receivePacket(packet, from),
      onStream: (socket) => {
        if (driver === undefined) socket.destroy();
        else
          driver.#serve(socket).catch((error: unknown) => options.logger.debug('memberlist: stream failed', { error }));
      },
      onError: (error) => options.logger.debug(`memberlist: Failed to send: ${error.message}`),
    });
    const { runtime, config, events, meta } = options;
    const bound = { ...config, port: config.port === 0 ? transport.port : config.port };
    const core = new Memberlist(bound, events, runtime.random, meta, runtime.clock.nowMs());
    driver = new MemberlistDriver({ ...options, config: bound }, core, transport);
    driver.#settle();
    return driver;
  }

  get port(): number {
    return this.#transport.port;
  }

  /** One full exchange that makes this node known there. @throws ExchangeError */
  async join(to: Address): Promise<void> {
    await this.#exchange(to, true);
  }

  /** Tells everybody; resolves when told often enough, or after `timeoutMs`. */
  leave(timeoutMs: number): Promise<void> {
    return this.#untilSent(timeoutMs, (onSent) => this.core.leave(this.#now(), onSent));
  }

  updateMeta(meta: Uint8Array, timeoutMs: number): Promise<void> {
    return this.#untilSent(timeoutMs, (onSent) => this.core.update(meta, this.#now(), onSent));
  }

  /** A user message straight to one node by packet, without anything beside it. */
  sendUser(to: Address, payload: Uint8Array): void {
    const message = Buffer.concat([Uint8Array.of(8), payload]);
    const known = this.core.nodes.find((n) => sameAddress(n, to));
    this.#sendPacket(to, [message], known !== undefined && understandsCrc(known));
  }

  /** Bytes of one packet off the socket. */
  receivePacket(packet: Uint8Array, from: Address): void {
    if (this.#stopped || this.#options.events.vetoAddress(from.addr)) return;
    this.#meter.udpReceived(packet.length);
    let plain = packet;
    const { security, logger } = this.#options;
    if (security !== null) {
      try {
        plain = decrypt(security.ring, packet);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        if (security.verifyIncoming) {
          logger.error(`memberlist: Decrypt packet failed: ${error.message} ${fromText(from)}`);
          return;
        }
      }
    }
    const now = this.#now();
    decodePacket(
      plain,
      (message) => this.core.receive(message, from, now),
      (reason) => logger.warn(`memberlist: ${reason} ${fromText(from)}`),
    );
    this.#settle();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#transport.close();
  }

  #now(): number {
    return this.#options.runtime.clock.nowMs();
  }

  async #untilSent(timeoutMs: number, start: (onSent: () => void) => void): Promise<void> {
    // Alone there is nobody to tell.
    if (this.core.aliveCount() <= 1) {
      start(() => {});
      this.#settle();
      return;
    }
    await new Promise<void>((done) => {
      const timer = this.#options.runtime.clock.after(timeoutMs, done);
      start(() => {
        timer.cancel();
        done();
      });
      this.#settle();
    });
  }

  /** Carries out what the core wants, and sets the next timer. */
  #settle(): void {
    if (this.#stopped) return;
    for (let effects = this.core.takeEffects(); effects.length > 0; effects = this.core.takeEffects()) {
      for (const effect of effects) this.#do(effect);
    }
    const { healthScore } = this.core;
    if (healthScore !== this.#healthScore) {
      this.#healthScore = healthScore;
      this.#meter.healthScore(healthScore);
    }
    const next = this.core.nextMs();
    if (next === this.#timerAtMs) return;
    this.#timer?.cancel();
    this.#timerAtMs = next;
    this.#timer = this.#options.runtime.clock.after(Math.max(0, next - this.#now()), () => {
      this.#timerAtMs = Number.POSITIVE_INFINITY;
      this.core.tick(this.#now());
      this.#settle();
    });
  }

  #do(effect: Effect): void {
    const { events, logger } = this.#options;
    switch (effect.kind) {
      case 'packet':
        return this.#sendPacket(effect.to, effect.messages, effect.crc);
      case 'tcpPing':
        void this.#tcpPing(effect.to, effect.node, effect.seqNo, effect.timeoutMs);
        return;
      case 'pushPull':
        this.#exchange(effect.to, false).catch((error: unknown) =>
          logger.error(
            `memberlist: Push/Pull with ${effect.node} failed: ${networkErrorText(error, placeText(effect.to))}`,
          ),
        );
        return;
      case 'join':
        return events.onJoin(effect.node);
      case 'leave':
        return events.onLeave(effect.node);
      case 'update':
        return events.onUpdate(effect.node);
      case 'conflict': {
        const { existing, claimed } = effect;
        logger.error(
          `memberlist: Conflicting address for ${existing.name}. Mine: ${placeText(existing)} Theirs: ${placeText(claimed)} Old state: ${existing.state}`,
        );
        return events.onConflict(existing, claimed);
      }
      case 'user':
        return events.onUser(effect.payload);
      case 'rtt':
        this.#meter.probeNode(effect.rttMs);
        return events.onRtt(effect.node, effect.rttMs, effect.payload);
      case 'news':
        return this.#meter.news[effect.about]();
      case 'log':
        logger[effect.level](`memberlist: ${effect.text}`);
    }
  }

  #sendPacket(to: Address, messages: readonly Uint8Array[], crc: boolean): void {
    const { security, compress } = this.#options;
    let packet = encodePacket(messages, { compress, crc });
    const key = security?.verifyOutgoing === true ? security.ring.primary : undefined;
    if (key !== undefined) packet = encrypt(key, packet, { version: 1 });
    this.#meter.udpSent(packet.length);
    this.#transport.send(to, packet);
  }

  async #tcpPing(to: Address, node: string, seqNo: number, timeoutMs: number): Promise<void> {
    let answered = false;
    try {
      const ping = { SeqNo: seqNo, Node: node, SourceAddr: null, SourcePort: 0, SourceNode: '' };
      const answer = await this.#request(to, { type: 'ping', body: ping }, timeoutMs);
      answered = answer.type === 'ack' && answer.body.SeqNo === seqNo;
    } catch (error) {
      this.#options.logger.debug(
        `memberlist: Failed fallback ping to ${node}: ${networkErrorText(error, placeText(to))}`,
      );
    }
    if (this.#stopped) return;
    this.core.onTcpPing(seqNo, answered);
    this.#settle();
  }

  async #exchange(to: Address, join: boolean): Promise<void> {
    const startMs = this.#now();
    const answer = await this.#request(to, this.#localState(join), this.#options.tcpTimeoutMs);
    this.#meter.pushPullNode(this.#now() - startMs);
    if (answer.type === 'err') throw new ExchangeError(`remote error: ${answer.text}`);
    if (answer.type !== 'pushPull') throw new ExchangeError(`received invalid message type '${answer.type}'`);
    this.#merge(answer);
  }

  #localState(join: boolean): StreamMessage {
    return { type: 'pushPull', join, nodes: this.core.localState(), userState: this.#options.events.userState(join) };
  }

  #merge(remote: StreamMessage & { type: 'pushPull' }): void {
    if (this.#stopped) return;
    const reason = this.core.mergeRemote(remote.nodes, remote.join, this.#now());
    if (reason !== null) throw new ExchangeError(reason);
    if (remote.userState.length > 0) this.#options.events.mergeUserState(remote.userState, remote.join);
    this.#settle();
  }

  async #request(to: Address, message: StreamMessage, timeoutMs: number): Promise<StreamMessage> {
    const socket = await this.#transport.connect(to, timeoutMs);
    this.#meter.tcpConnect();
    const { clock } = this.#options.runtime;
    const timer = clock.after(timeoutMs, () => socket.destroy(new Error('i/o timeout')));
    try {
      this.#send(socket, message);
      return await this.#read(socket);
    } finally {
      timer.cancel();
      socket.destroy();
    }
  }

  /** The one message of a stream. Rejects when the peer hangs up before it is complete. */
  async #read(socket: net.Socket): Promise<StreamMessage> {
    const decoder = new StreamDecoder(this.#options.security);
    for await (const chunk of socket) {
      const message = decoder.push(chunk as Uint8Array);
      if (message !== null) return message;
    }
    throw new ExchangeError('EOF');
  }

  #send(socket: net.Socket, message: StreamMessage): void {
    const bytes = encodeStream(message, this.#options);
    this.#meter.tcpSent(bytes.length);
    socket.write(bytes);
  }

  async #serve(socket: net.Socket): Promise<void> {
    this.#meter.tcpAccept();
    const { clock } = this.#options.runtime;
    // A socket that was closed does not know any more who was there.
    const { remoteAddress, remotePort } = socket;
    const from = `from=${joinHostPort(remoteAddress ?? '', remotePort ?? 0)}`;
    const timer = clock.after(this.#options.tcpTimeoutMs, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    try {
      const decoder = new StreamDecoder(this.#options.security);
      const iterator = socket.iterator({ destroyOnReturn: false });
      let message: StreamMessage | null = null;
      for await (const chunk of iterator) {
        message = decoder.push(chunk as Uint8Array);
        if (message !== null) break;
      }
      if (message !== null) this.#answer(socket, message, from);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#options.logger.error(`memberlist: failed to receive: ${error.message} ${from}`);
      this.#send(socket, { type: 'err', text: error.message });
    } finally {
      timer.cancel();
      hangUp(socket, 1000);
    }
  }

  #answer(socket: net.Socket, message: StreamMessage, from: string): void {
    switch (message.type) {
      case 'ping':
        if (message.body.Node !== '' && message.body.Node !== this.#options.config.name) return;
        this.#send(socket, { type: 'ack', body: { SeqNo: message.body.SeqNo, Payload: null } });
        return;
      case 'pushPull': {
        // Own state goes out before the other's is merged: both sides see each other as they were.
        this.#send(socket, this.#localState(message.join));
        try {
          this.#merge(message);
        } catch (error) {
          if (!(error instanceof ExchangeError)) throw error;
          this.#options.logger.error(`memberlist: Failed push/pull merge: ${error.message} ${from}`);
        }
        return;
      }
      case 'user':
        this.#options.events.onUser(message.payload);
        this.#settle();
        return;
      default:
    }
  }
}

const fromText = (address: Address): string => `from=${placeText(address)}`;
