/** A gRPC server by the health checking protocol. */

import type { ClientHttp2Session } from 'node:http2';
import { codes, type GrpcError, type GrpcHeaders, statusOf, statusOfHttp } from '../../lib/grpc/status.ts';
import { messageOf } from '../../lib/message-of.ts';
import {
  decodeHealthAnswer,
  encodeHealthRequest,
  HealthProtocolError,
  maxAnswerBytes,
  type ServingStatus,
} from './health-protocol.ts';
import { Http2Failure, withSession } from './http2-session.ts';
import type { ProbeTls } from './probe-tls.ts';
import type { Attempt, Result } from './runner.ts';

export interface GrpcProbe {
  /** host:port, or host:port/service */
  readonly target: string;
  readonly tls: ProbeTls | null;
}

export async function probeGrpc({ target, tls }: GrpcProbe, attempt: Attempt): Promise<Result> {
  const slash = target.indexOf('/');
  const address = slash < 0 ? target : target.slice(0, slash);
  const service = slash < 0 ? '' : target.slice(slash + 1);
  try {
    const status = await withSession<ServingStatus>({ address, tls }, attempt, (session, resolve, reject) =>
      ask(session, address, service, resolve, reject),
    );
    if (status === 'SERVING') return { status: 'passing', output: `gRPC check ${target}: success` };
    return { status: 'critical', output: "gRPC application didn't report service healthy" };
  } catch (error) {
    return { status: 'critical', output: rpcErrorText(error) };
  }
}

function ask(
  session: ClientHttp2Session,
  address: string,
  service: string,
  resolve: (status: ServingStatus) => void,
  reject: (error: Error) => void,
): void {
  const stream = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    ':authority': address,
    'content-type': 'application/grpc',
    'user-agent': 'consul-health',
    te: 'trailers',
  });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  let status: GrpcError | undefined;
  const readStatus = (headers: GrpcHeaders): void => {
    status = statusOf(headers) ?? status;
  };
  stream.on('response', (headers) => {
    status = statusOf(headers) ?? statusOfHttp(Number(headers[':status']));
  });
  stream.on('trailers', readStatus);
  stream.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > maxAnswerBytes) reject(new HealthProtocolError('the answer is too long'));
    else chunks.push(chunk);
  });
  stream.on('error', reject);
  stream.on('end', () => {
    if (status !== undefined && status.code !== codes.ok) {
      reject(new Error(status.text));
      return;
    }
    try {
      resolve(decodeHealthAnswer(Buffer.concat(chunks)));
    } catch (error) {
      reject(error as Error);
    }
  });
  stream.end(encodeHealthRequest(service));
}

function rpcErrorText(error: unknown): string {
  const message = messageOf(error);
  if (message.startsWith('code = ')) return `rpc error: ${message}`;
  const kind = error instanceof Http2Failure ? error.kind : 'protocol';
  if (kind === 'timeout') return `rpc error: code = DeadlineExceeded desc = ${message}`;
  if (kind === 'protocol') return `rpc error: code = Unavailable desc = ${message}`;
  return `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing ${message}"`;
}
