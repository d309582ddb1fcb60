/** One outgoing stream: a request at a time, its response, then ready for the next. */
import { messageOf } from '../../lib/message-of.ts';
import { Decoder, MsgpackError, needMore } from '../../lib/msgpack/index.ts';
import { ErrorBody, encodeRequest, ResponseHeader } from './codec.ts';
import { type Args, type MethodName, type Reply, signatures } from './signatures.ts';
import type { ByteStream } from './stream-server.ts';

/** Thrown when the other side answered with an error: its text is the caller's to interpret. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  /** Why, where the other side tells it; otherwise ''. */
  readonly reason: string;
  constructor(message: string, reason = '') {
    super(message);
    this.reason = reason;
  }
}

/** Thrown when the connection failed, so that nothing is known of the request. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** Servers are believed when they send much: a listing of all keys may be larger than any request. */
const replyLimitBytes = 512 * 1024 * 1024;

interface Pending {
  readonly method: MethodName;
  readonly seq: number;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
  header: ResponseHeader | null;
}

/** Servers of others put something else, or nothing, behind an error. */
function reasonIn(body: Uint8Array): string {
  if (body.length <= 1) return '';
  try {
    const decoder = new Decoder();
    decoder.push(body);
    const value = decoder.next(ErrorBody);
    return value === needMore ? '' : value.Reason;
  } catch (error) {
    if (error instanceof MsgpackError) return '';
    throw error;
  }
}

export class StreamClient {
  readonly #stream: ByteStream & { reset?: () => void };
  readonly #decoder = new Decoder({ maxValueBytes: replyLimitBytes });
  #pending: Pending | null = null;
  #seq = 0;
  #broken: Error | null = null;

  constructor(stream: ByteStream & { reset?: () => void }) {
    this.#stream = stream;
    stream.listen({
      onData: (chunk) => {
        this.#decoder.push(chunk.slice());
        this.#pump();
      },
      onEnd: (error) => this.#break(new ConnectionError(error?.message ?? 'EOF')),
    });
  }

  /** False once the stream failed: it takes no more requests. */
  get usable(): boolean {
    return this.#broken === null;
  }

  /** One call at a time. An aborted call breaks the stream, for its answer may still come. */
  call<M extends MethodName>(method: M, args: Args<M>, signal?: AbortSignal): Promise<Reply<M>> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    if (this.#pending !== null) return Promise.reject(new Error('a stream carries one call at a time'));
    const seq = ++this.#seq;
    return new Promise<Reply<M>>((resolve, reject) => {
      const onAbort = (): void => {
        this.close();
        reject(signal?.reason instanceof Error ? signal.reason : new ConnectionError('aborted'));
      };
      if (signal?.aborted === true) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending = {
        method,
        seq,
        header: null,
        resolve: (reply) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(reply as Reply<M>);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      try {
        this.#stream.write(encodeRequest({ Seq: seq, ServiceMethod: method }, signatures[method].args, args as never));
      } catch (error) {
        this.#break(new ConnectionError(messageOf(error)));
      }
    });
  }

  close(): void {
    this.#break(new ConnectionError('the stream was closed'));
    if (this.#stream.reset !== undefined) this.#stream.reset();
    else this.#stream.end();
  }

  #pump(): void {
    const pending = this.#pending;
    if (pending === null) {
      // Bytes that answer nothing: the peer is out of step.
      if (this.#decoder.bufferedBytes > 0) this.close();
      return;
    }
    try {
      if (pending.header === null) {
        const header = this.#decoder.next(ResponseHeader);
        if (header === needMore) return;
        if (header.Seq !== pending.seq) return this.#break(new ConnectionError('response out of sequence'));
        pending.header = header;
      }
      if (pending.header.Error !== '') {
        const body = this.#decoder.nextRaw();
        if (body === needMore) return;
        this.#pending = null;
        pending.reject(new RemoteError(pending.header.Error, reasonIn(body)));
        return;
      }
      const reply = this.#decoder.next(signatures[pending.method].reply);
      if (reply === needMore) return;
      this.#pending = null;
      pending.resolve(reply);
    } catch (error) {
      if (!(error instanceof MsgpackError)) throw error;
      this.#break(new ConnectionError(`cannot read the response: ${error.message}`));
    }
  }

  #break(error: Error): void {
    this.#broken ??= error;
    const pending = this.#pending;
    this.#pending = null;
    pending?.reject(error);
  }
}
