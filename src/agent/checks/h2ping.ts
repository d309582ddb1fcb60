/** A server that answers the ping of HTTP/2, over TLS. */
import { Http2Failure, withSession } from './http2-session.ts';
import type { ProbeTls } from './probe-tls.ts';
import type { Attempt, Result } from './runner.ts';

export interface H2PingProbe {
  /** host:port */
  readonly target: string;
  readonly tls: ProbeTls;
}

export async function probeH2Ping({ target, tls }: H2PingProbe, attempt: Attempt): Promise<Result> {
  try {
    await withSession<void>({ address: target, tls }, attempt, (session, resolve, reject) => {
      session.ping((error) => (error === null ? resolve() : reject(error)));
    });
    return { status: 'passing', output: 'HTTP2 ping was successful' };
  } catch (error) {
    const { message } = error as Error;
    const dial = error instanceof Http2Failure && error.kind === 'dial';
    return {
      status: 'critical',
      output: dial ? `Failed to dial to ${target}: ${message}` : `HTTP2 ping failed: ${message}`,
    };
  }
}
