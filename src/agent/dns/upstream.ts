/**
 * Foreign names: asks the recursors in order until one knows, each for as long as `recursor_timeout`. Every exchange has
 * a port and an id of its own, and believes only an answer to its very question.
 */
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { formatDurationMs } from '../../lib/duration.ts';
import { splitHostPort } from '../../lib/host-port.ts';
import type { Runtime } from '../../lib/runtime.ts';
import type { Logger } from '../telemetry/api.ts';
import type { Network } from './fit.ts';
import { Frames, framed } from './frames.ts';
import { decodeMessage } from './wire/decode.ts';
import { Encoder } from './wire/encode.ts';
import { type Edns, type Message, MessageError, type Question } from './wire/message.ts';
import { lowerCase, nameText, rootName } from './wire/name.ts';
import { FLAG, RCODE, TYPE } from './wire/numbers.ts';

export interface UpstreamQuestion {
  readonly question: Question;
  /** Flags of a query: `rd`, `ad`, `cd`. */
  readonly flags: number;
  readonly edns: Edns | null;
}

export interface UpstreamsOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** Exchanges at a time; what comes beyond is not asked. */
  readonly maxExchanges?: number;
}

/** Why an exchange brought nothing. */
type Failure = 'timeout' | 'connection refused' | 'busy' | 'stopped';

export class Upstreams {
  readonly #options: UpstreamsOptions;
  readonly #maxExchanges: number;
  readonly #encoder = new Encoder();
  /** Ends an exchange that is under way. */
  readonly #running = new Set<() => void>();
  #stopped = false;

  constructor(options: UpstreamsOptions) {
    this.#options = options;
    this.#maxExchanges = options.maxExchanges ?? 1024;
  }

  /** The first answer that is none of failure, or null. `recursors` are `host:port`. */
  async ask(
    recursors: readonly string[],
    timeoutMs: number,
    asked: UpstreamQuestion,
    network: Network,
  ): Promise<Message | null> {
    const { logger, runtime } = this.#options;
    for (const recursor of recursors) {
      const startMs = runtime.clock.nowMs();
      const outcome = await this.#exchange(recursor, timeoutMs, asked, network);
      const question = nameText(asked.question.name);
      if (typeof outcome === 'string') {
        logger.error('recurse failed', { recursor, question, error: outcome });
        if (outcome === 'busy' || outcome === 'stopped') return null;
        continue;
      }
      const rcode = outcome.flags & 15;
      if (rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN) {
        if (logger.enabled('debug')) {
          const rtt = formatDurationMs(runtime.clock.nowMs() - startMs);
          logger.debug('recurse succeeded for question', { question, rtt, recursor });
        }
        return outcome;
      }
      logger.debug('recurse failed for question', { question, recursor, rcode });
    }
    if (recursors.length > 0) {
      logger.error('all resolvers failed for question', { question: nameText(asked.question.name) });
    }
    return null;
  }

  /** Whatever is under way ends without an answer. */
  stop(): void {
    this.#stopped = true;
    for (const end of [...this.#running]) end();
  }

  #exchange(
    recursor: string,
    timeoutMs: number,
    asked: UpstreamQuestion,
    network: Network,
  ): Promise<Message | Failure> {
    if (this.#stopped) return Promise.resolve('stopped');
    if (this.#running.size >= this.#maxExchanges) return Promise.resolve('busy');
    const { random, clock } = this.#options.runtime;
    const id = random.int(65_536);
    const request = this.#encoder.encode(requestOf(id, asked), true).bytes;
    const { host, port } = splitHostPort(recursor);
    const open = network === 'udp' ? openUdp : openTcp;

    return new Promise((resolve) => {
      const settle = (outcome: Message | Failure): void => {
        this.#running.delete(end);
        timer.cancel();
        close();
        resolve(outcome);
      };
      const end = (): void => settle('stopped');
      const timer = clock.after(timeoutMs, () => settle('timeout'));
      const close = open(host, port, request, {
        onMessage: (bytes) => {
          const message = answerTo(id, asked.question, bytes);
          if (message !== null) settle(message);
        },
        onFail: () => settle('connection refused'),
      });
      this.#running.add(end);
    });
  }
}

function requestOf(id: number, { question, flags, edns }: UpstreamQuestion): Message {
  const option =
    edns === null
      ? []
      : [{ name: rootName, type: TYPE.OPT, class: edns.udpBytes, ttlSeconds: edns.bits, rdata: [edns.options] }];
  const kept = flags & (FLAG.rd | FLAG.ad | FLAG.cd);
  return { id, flags: kept, question, answer: [], authority: [], additional: option };
}

/** Null for what somebody else was asked, or sent by himself. */
function answerTo(id: number, question: Question, bytes: Uint8Array): Message | null {
  try {
    const message = decodeMessage(bytes);
    if (message.id !== id || (message.flags & FLAG.qr) === 0) return null;
    const echoed = message.question;
    if (echoed === null) return message;
    const isSame = echoed.type === question.type && lowerCase(echoed.name) === lowerCase(question.name);
    return isSame ? message : null;
  } catch (error) {
    if (error instanceof MessageError) return null;
    throw error;
  }
}

interface Listeners {
  readonly onMessage: (bytes: Uint8Array) => void;
  readonly onFail: () => void;
}

/** Sends the request; what it returns closes the socket, once. */
type Open = (host: string, port: number, request: Uint8Array, listeners: Listeners) => () => void;

const openUdp: Open = (host, port, request, { onMessage, onFail }) => {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let isOpen = true;
  socket.on('message', onMessage);
  socket.on('error', onFail);
  // Connected, so that only the recursor is heard, and its absence as well.
  socket.connect(port, host, () => {
    if (isOpen) socket.send(request);
  });
  return () => {
    if (!isOpen) return;
    isOpen = false;
    socket.close();
  };
};

const openTcp: Open = (host, port, request, { onMessage, onFail }) => {
  const frames = new Frames();
  const socket = connect({ host, port, noDelay: true });
  socket.on('data', (chunk) => {
    for (const message of frames.push(chunk)) onMessage(message);
  });
  socket.on('error', onFail);
  socket.on('close', onFail);
  socket.write(framed(request));
  return () => {
    socket.off('close', onFail);
    socket.destroy();
  };
};
