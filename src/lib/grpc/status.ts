/** How calls of gRPC end: codes, and the form of their texts in trailers (https://grpc.io/docs/guides/status-codes). */

const names = [
  ...['OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists'],
  ...['PermissionDenied', 'ResourceExhausted', 'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented'],
  ...['Internal', 'Unavailable', 'DataLoss', 'Unauthenticated'],
] as const;

export const codes = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** A call that did not end well. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly code: number;
  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** As Go prints it: `code = Unavailable desc = EOF`. */
  get text(): string {
    return `code = ${names[this.code] ?? `Code(${this.code})`} desc = ${this.message}`;
  }
}

/** Headers or trailers of a call; the values Node gives. */
export type GrpcHeaders = Readonly<Record<string, unknown>>;

export const trailersOf = ({ code, message }: Pick<GrpcError, 'code' | 'message'>): Record<string, string> => ({
  'grpc-status': String(code),
  ...(message !== '' && { 'grpc-message': encodeURIComponent(message).replaceAll('%20', ' ') }),
});

/** What headers or trailers say of the end; undefined when they say nothing. */
export function statusOf(headers: GrpcHeaders): GrpcError | undefined {
  if (headers['grpc-status'] === undefined) return undefined;
  const code = Number(headers['grpc-status']);
  return new GrpcError(Number.isInteger(code) ? code : codes.unknown, decoded(String(headers['grpc-message'] ?? '')));
}

/** A status of HTTP where one of gRPC was due. */
export function statusOfHttp(status: number): GrpcError | undefined {
  if (status === 200) return undefined;
  const code =
    status === 404
      ? codes.unimplemented
      : status === 401
        ? codes.unauthenticated
        : status === 403
          ? codes.permissionDenied
          : status >= 502 && status <= 504
            ? codes.unavailable
            : codes.unknown;
  return new GrpcError(code, `unexpected HTTP status code received from server: ${status}`);
}

/** Texts are percent-encoded; one that is not is shown as it came. */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message);
  } catch {
    return message;
  }
}
