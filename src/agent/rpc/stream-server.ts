/**
 * Serves one stream of requests: reads a request, answers it, reads the next. Requests of a stream are answered strictly in order; a
 * blocking query occupies its stream (wire facts of port 8300, sections 3 and 5).
 */
import { messageOf } from '../../lib/message-of.ts';
import { Decoder, MsgpackError, needMore } from '../../lib/msgpack/index.ts';
import type { MaybePromise } from '../../lib/runtime.ts';
import { RpcError } from '../errors.ts';
import type { Answer } from './caller.ts';
import { carriesMeta, ErrorBody, encodeResponse, RequestHeader } from './codec.ts';
import { type MethodName, type Signature, signatures } from './signatures.ts';

/** Both a yamux stream and a bare connection. */
export interface ByteStream {
  write(bytes: Uint8Array): boolean;
  /** Resolves when more may be written. */
  drained(): Promise<void>;
  end(): void;
  listen(listener: { onData(chunk: Uint8Array): void; onEnd(error: Error | null): void }): void;
}

/** Carries a request out. Throws or rejects with an error whose message goes to the caller. */
export type Dispatch = (method: MethodName, args: unknown, signal: AbortSignal) => MaybePromise<Answer<unknown>>;

/** A request or reply larger than this is no honest one. */
const valueLimitBytes = 64 * 1024 * 1024;

/** @param onDone called once, when the stream is over. */
export function serveStream(stream: ByteStream, dispatch: Dispatch, onDone: () => void = () => {}): void {
  const decoder = new Decoder({ maxValueBytes: valueLimitBytes });
  const abort = new AbortController();
  let header: RequestHeader | null = null;
  let busy = false;
  let over = false;

  const finish = (): void => {
    if (over) return;
    over = true;
    abort.abort();
    stream.end();
    onDone();
  };
  /** An error that leaves nothing to read on: it is told, then the stream ends. */
  const fail = (request: RequestHeader, text: string): void => {
    stream.write(
      encodeResponse({ Error: text, Seq: request.Seq, ServiceMethod: request.ServiceMethod }, ErrorBody, {
        Reason: '',
      }),
    );
    finish();
  };
  const answer = async (request: RequestHeader, signature: Signature, args: unknown): Promise<void> => {
    const head = { Error: '', Seq: request.Seq, ServiceMethod: request.ServiceMethod };
    let response: Uint8Array;
    try {
      const { reply, meta } = await dispatch(request.ServiceMethod as MethodName, args, abort.signal);
      const body = carriesMeta(signature.reply) ? { ...(reply as object), ...meta } : reply;
      response = encodeResponse(head, signature.reply, body);
    } catch (error) {
      head.Error = messageOf(error);
      response = encodeResponse(head, ErrorBody, { Reason: error instanceof RpcError ? error.reason : '' });
    }
    if (over) return;
    try {
      if (!stream.write(response)) await stream.drained();
    } catch {
      // It takes nothing any more: there is nobody to tell.
      return finish();
    }
    busy = false;
    pump();
  };
  const pump = (): void => {
    try {
      while (!busy && !over) {
        if (header === null) {
          const next = decoder.next(RequestHeader);
          if (next === needMore) return;
          header = next;
        }
        const request: RequestHeader = header;
        const signature = signatureOf(request.ServiceMethod);
        if (signature === undefined) {
          if (decoder.nextRaw() === needMore) return;
          return fail(request, unknownMethod(request.ServiceMethod));
        }
        const raw = decoder.next(signature.args);
        if (raw === needMore) return;
        header = null;
        busy = true;
        void answer(request, signature, raw);
      }
    } catch (error) {
      if (!(error instanceof MsgpackError)) throw error;
      if (header !== null) fail(header, `rpc: error decoding: ${error.message}`);
      else finish();
    }
  };
  stream.listen({
    onData: (chunk) => {
      if (over) return;
      decoder.push(chunk.slice());
      if (!busy) pump();
      // Nobody honest asks so much ahead.
      else if (decoder.bufferedBytes > valueLimitBytes) finish();
    },
    onEnd: finish,
  });
}

function signatureOf(method: string): Signature | undefined {
  return Object.hasOwn(signatures, method) ? signatures[method as MethodName] : undefined;
}

const services = new Set(Object.keys(signatures).map((name) => name.split('.')[0]));

/** Consul's words for a method that does not exist. */
export function unknownMethod(method: string): string {
  const [service] = method.split('.');
  return services.has(service) ? `rpc: can't find method ${method}` : `rpc: can't find service ${method}`;
}
