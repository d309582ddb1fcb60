/** JSON of other services over HTTP and HTTPS: issuers of tokens, Kubernetes. Answers are bounded in size and time. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface JsonRequest {
  readonly url: string;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Certificates in PEM that are trusted instead of the system's; '' for the system's. */
  readonly ca?: string;
}

export interface JsonReply {
  readonly status: number;
  /** How long the answer may be kept, as it says itself; undefined when it says nothing. */
  readonly maxAgeMs: number | undefined;
  readonly json: unknown;
}

/** Rejects with an Error that tells what went wrong: no connection, no answer in time, no JSON, too much of it. */
export type JsonClient = (request: JsonRequest, signal?: AbortSignal) => Promise<JsonReply>;

const timeoutMs = 10_000;
const maxBytes = 1024 * 1024;

export const fetchJson: JsonClient = async ({ url, method = 'GET', headers, body, ca = '' }, signal) => {
  const deadline = AbortSignal.timeout(timeoutMs);
  const ends = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
  const sent = body === undefined ? null : JSON.stringify(body);
  const send = url.startsWith('https:') ? httpsRequest : httpRequest;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const type = sent === null ? {} : { 'Content-Type': 'application/json' };
    const options = {
      method,
      headers: { Accept: 'application/json', ...type, ...headers },
      signal: ends,
      agent: false,
    };
    const outgoing = send(url, ca === '' ? options : { ...options, ca }, resolve);
    outgoing.on('error', (error) => reject(deadline.aborted ? new Error('no answer in time') : error));
    outgoing.end(sent);
  });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  const maxAge = /max-age=(\d{1,9})/.exec(answer.headers['cache-control'] ?? '')?.[1];
  return {
    status: answer.statusCode ?? 0,
    maxAgeMs: maxAge === undefined ? undefined : Number(maxAge) * 1000,
    json: parsed(text),
  };
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new Error('the answer is no JSON', { cause: error });
  }
}
