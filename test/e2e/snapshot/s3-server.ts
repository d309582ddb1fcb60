/** A bucket on loopback that believes nothing: checks signature and hash of every request, as S3 does. */
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export const keyId = 'AKIATEST';
export const secret = 'very/secret+key';
const pageSize = 2;

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** Why a request is refused, or null. */
function fault(request: http.IncomingMessage, url: URL, body: Buffer): string | null {
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? '',
    );
  if (match === null) return 'AccessDenied';
  const [, id, day, region, names, given] = match as unknown as string[];
  if (id !== keyId) return 'InvalidAccessKeyId';
  if (request.headers['x-amz-content-sha256'] !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const date = String(request.headers['x-amz-date']);
  if (!date.startsWith(day!)) return 'AuthorizationHeaderMalformed';
  const query = [...url.searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&');
  const headers = names!.split(';').map((name) => `${name}:${String(request.headers[name])}\n`);
  const canonical = `${request.method}\n${url.pathname}\n${query}\n${headers.join('')}\n${names}\n${sha256(body)}`;
  const scope = [day!, region!, 's3', 'aws4_request'];
  let key: string | Buffer = `AWS4${secret}`;
  for (const part of scope) key = createHmac('sha256', key).update(part).digest();
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope.join('/')}\n${sha256(canonical)}`;
  return createHmac('sha256', key).update(text).digest('hex') === given ? null : 'SignatureDoesNotMatch';
}

export class S3Server implements AsyncDisposable {
  readonly objects = new Map<string, Buffer>();
  /** While set, every write is refused with it. */
  refusal: string | null = null;
  readonly #server = http.createServer((request, response) => void this.#answer(request, response));
  readonly #bucket: string;

  private constructor(bucket: string) {
    this.#bucket = bucket;
  }

  static async start(bucket: string): Promise<S3Server> {
    const server = new S3Server(bucket);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    const url = new URL(request.url ?? '/', this.endpoint);
    const [, bucket, ...parts] = url.pathname.split('/').map(decodeURIComponent);
    const key = parts.join('/');
    const refuse = (status: number, code: string): void => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no &amp; never</Message></Error>`);
    };
    const why = fault(request, url, body) ?? (request.method === 'PUT' ? this.refusal : null);
    if (why !== null) return refuse(403, why);
    if (bucket !== this.#bucket) return refuse(404, 'NoSuchBucket');
    if (request.method === 'PUT') this.objects.set(key, body);
    else if (request.method === 'DELETE') this.objects.delete(key);
    else return void response.end(this.#page(url.searchParams));
    response.writeHead(request.method === 'DELETE' ? 204 : 200).end();
  }

  /** Two names a page: whoever does not turn it misses some. */
  #page(query: URLSearchParams): string {
    const all = [...this.objects.keys()].filter((key) => key.startsWith(query.get('prefix') ?? '')).sort();
    const from = Number(query.get('continuation-token') ?? 0);
    const keys = all.slice(from, from + pageSize).map((key) => `<Contents><Key>${key}</Key></Contents>`);
    const next =
      from + pageSize < all.length ? `<NextContinuationToken>${from + pageSize}</NextContinuationToken>` : '';
    return `<?xml version="1.0"?><ListBucketResult>${keys.join('')}${next}</ListBucketResult>`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
