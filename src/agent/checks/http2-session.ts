/** A connection over HTTP/2 for one question, closed whatever comes of it. */
import { type ClientHttp2Session, connect } from 'node:http2';
import { networkErrorText } from '../../lib/network-error.ts';
import { type ProbeTls, tlsOptions } from './probe-tls.ts';
import type { Attempt } from './runner.ts';

export interface Http2Target {
  /** host:port */
  readonly address: string;
  readonly tls: ProbeTls | null;
}

/** Why there is no answer, in the words of Go's net package. */
export class Http2Failure extends Error {
  override readonly name = 'Http2Failure';
  readonly kind: 'dial' | 'timeout' | 'protocol';
  constructor(kind: Http2Failure['kind'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Rejects with Http2Failure. `ask` settles by its callbacks, at most once. */
export function withSession<T>(
  { address, tls }: Http2Target,
  { signal, timedOut }: Attempt,
  ask: (session: ClientHttp2Session, resolve: (value: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let session: ClientHttp2Session;
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', abort);
      session.destroy();
      settle();
    };
    const fail = (kind: Http2Failure['kind'], message: string): void =>
      end(() => reject(new Http2Failure(kind, message)));
    const abort = (): void => fail('timeout', timedOut() ? 'context deadline exceeded' : 'context canceled');
    if (signal.aborted) {
      reject(new Http2Failure('timeout', 'context canceled'));
      return;
    }
    try {
      session = connect(`${tls === null ? 'http' : 'https'}://${address}`, {
        ...(tls !== null && { ...tlsOptions(tls), ALPNProtocols: ['h2'] }),
      });
    } catch (error) {
      reject(new Http2Failure('dial', (error as Error).message, { cause: error }));
      return;
    }
    let connected = false;
    // It stays: a session may still fail while it is being destroyed.
    session.on('error', (error) => fail(connected ? 'protocol' : 'dial', networkErrorText(error, address)));
    session.once('close', () => fail(connected ? 'protocol' : 'dial', 'EOF'));
    session.once('connect', () => {
      connected = true;
      ask(
        session,
        (value) => end(() => resolve(value)),
        (error) => fail('protocol', error.message),
      );
    });
    signal.addEventListener('abort', abort, { once: true });
  });
}
