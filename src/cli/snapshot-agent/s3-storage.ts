/** A bucket of S3, or of a server that speaks its language. Addressed by path: `<endpoint>/<bucket>/<key>`. */
import { createReadStream } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { pipeline } from 'node:stream/promises';
import { type Credentials, emptySha256, encodeStrictly, queryText, sign } from './s3-signature.ts';
import type { BackupFile, Storage } from './storage.ts';

export interface S3Settings {
  /** `https://host:port`; '' is Amazon's own for the region. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** What names begin with: `consul-snapshot`. */
  readonly keyPrefix: string;
  /** Backups are encrypted where they are kept. */
  readonly serverSideEncryption: boolean;
  /** Not '': always this one name, and versions are the bucket's affair. */
  readonly staticName: string;
  readonly credentials: Credentials;
}

/** Without a sign of life for this long a request has failed. */
const idleMs = 30_000;
const answerLimitBytes = 8 * 1024 * 1024;

interface Question {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BackupFile;
}

export function s3Storage(settings: S3Settings, nowMs: () => number = Date.now): Storage {
  const { bucket, region, keyPrefix, staticName } = settings;
  const base = new URL(settings.endpoint || `https://s3.${region}.amazonaws.com`);
  const keyOf = (name: string): string => `${keyPrefix}/${staticName || name}`;

  async function ask({ method, key = '', query = {}, headers = {}, body }: Question, signal: AbortSignal) {
    const path = `${base.pathname.replace(/\/$/, '')}/${[bucket, ...(key === '' ? [] : key.split('/'))].map(encodeStrictly).join('/')}`;
    const signed = sign(
      { method, host: base.host, path, query, headers, sha256: body?.sha256 ?? emptySha256 },
      settings.credentials,
      region,
      nowMs(),
    );
    const { request: open } = base.protocol === 'https:' ? https : http;
    const search = queryText(query);
    const request = open({
      ...{ method, hostname: base.hostname.replace(/^\[|\]$/g, ''), port: base.port, signal, timeout: idleMs },
      path: search === '' ? path : `${path}?${search}`,
      headers: { ...signed, 'content-length': String(body?.sizeBytes ?? 0) },
    });
    request.on('timeout', () => request.destroy(new Error(`no answer from ${base.host}`)));
    const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
      request.on('response', resolve);
      request.on('error', reject);
    });
    const sent = body === undefined ? void request.end() : pipeline(createReadStream(body.path), request);
    // A server may refuse before it has everything: its answer says more than the broken connection.
    const response = await answered.catch(async (error: unknown) => {
      await sent;
      throw error;
    });
    const text = await textOf(response);
    if ((response.statusCode ?? 0) >= 300) {
      void sent?.catch(() => undefined);
      request.destroy();
      throw new Error(`${method} ${base.host}${path}: ${response.statusCode} ${refusalIn(text)}`);
    }
    await sent;
    return text;
  }

  return {
    description: `S3 -> Endpoint: ${JSON.stringify(base.host)} Bucket: ${JSON.stringify(bucket)} Key Prefix: ${JSON.stringify(keyPrefix)}`,
    async put(name, file, signal) {
      const headers: Record<string, string> = { 'content-type': 'application/x-gzip' };
      if (settings.serverSideEncryption) headers['x-amz-server-side-encryption'] = 'AES256';
      await ask({ method: 'PUT', key: keyOf(name), headers, body: file }, signal);
    },
    async list(signal) {
      const names: string[] = [];
      const prefix = `${keyPrefix}/`;
      for (let token = ''; ; ) {
        const query = { 'list-type': '2', prefix, ...(token !== '' && { 'continuation-token': token }) };
        const text = await ask({ method: 'GET', query }, signal);
        for (const key of elements(text, 'Key')) if (key.startsWith(prefix)) names.push(key.slice(prefix.length));
        [token = ''] = elements(text, 'NextContinuationToken');
        if (token === '') return names;
      }
    },
    async remove(name, signal) {
      await ask({ method: 'DELETE', key: keyOf(name) }, signal);
    },
  };
}

async function textOf(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > answerLimitBytes) throw new Error(`an answer of more than ${answerLimitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Texts of the elements of that name. S3's answers have no attributes on them and nothing inside. */
function elements(xml: string, name: string): string[] {
  const found = xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'));
  return Array.from(found, ([, text]) =>
    text!.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hex, word) => {
      if (word !== undefined) return entities[word] ?? whole;
      return String.fromCodePoint(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal));
    }),
  );
}

/** `NoSuchBucket: The specified bucket does not exist` */
function refusalIn(xml: string): string {
  const [code] = elements(xml, 'Code');
  const [message] = elements(xml, 'Message');
  return code === undefined ? xml.slice(0, 200) : `${code}: ${message ?? ''}`;
}
