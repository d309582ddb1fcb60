/** An HTTP request: 2xx is passing, 429 warning, anything else critical. */
import { STATUS_CODES } from 'node:http';
import type { Agent, buildConnector, Dispatcher } from 'undici';
import { networkErrorText } from '../../lib/network-error.ts';
import { OutputTail } from './output.ts';
import { type ProbeTls, tlsOptions } from './probe-tls.ts';
import type { Attempt, Result } from './runner.ts';

export interface HttpProbe {
  readonly url: string;
  /** '' is GET. */
  readonly method: string;
  readonly headers: Readonly<Record<string, readonly string[] | null>> | null;
  readonly body: string;
  readonly outputMaxBytes: number;
  readonly tls: ProbeTls;
}

const maxRedirects = 10;
const defaultHeaders = { 'user-agent': 'Consul Health Check', accept: 'text/plain, text/*, */*' };

/** A fresh connection for each run: that it can be made is part of the question. */
export async function probeHttp(probe: HttpProbe, attempt: Attempt): Promise<Result> {
  const method = probe.method || 'GET';
  const shownUrl = withoutPassword(probe.url);
  const said = `${method.slice(0, 1)}${method.slice(1).toLowerCase()} "${shownUrl}"`;
  const critical = (why: string): Result => ({ status: 'critical', output: `${said}: ${why}` });
  // Loaded by the first check that needs it.
  const { default: undici } = await import('undici');
  const agent = new undici.Agent({
    connect: tlsOptions(probe.tls) as buildConnector.BuildOptions,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  try {
    const answer = await follow(agent, probe, method, attempt.signal);
    if (answer === 'too many redirects') return critical(`stopped after ${maxRedirects} redirects`);
    const output = new OutputTail(probe.outputMaxBytes);
    try {
      for await (const chunk of answer.body) output.write(chunk as Buffer);
    } catch {
      // The status was there: what came of the body tells the rest.
    }
    const { statusCode } = answer;
    const status = statusCode >= 200 && statusCode <= 299 ? 'passing' : statusCode === 429 ? 'warning' : 'critical';
    const reason = STATUS_CODES[statusCode] ?? '';
    return { status, output: `HTTP ${method} ${shownUrl}: ${statusCode} ${reason} Output: ${output.text()}` };
  } catch (error) {
    if (attempt.timedOut()) {
      return critical('context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
    }
    return critical(faultOf(error, probe.url));
  } finally {
    void agent.destroy();
  }
}

async function follow(
  agent: Agent,
  { url, headers, body }: HttpProbe,
  firstMethod: string,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData | 'too many redirects'> {
  let at = new URL(url);
  let method = firstMethod;
  let sent: string | null = body === '' ? null : body;
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const answer = await agent.request({
      origin: at.origin,
      path: `${at.pathname}${at.search}`,
      method: method as Dispatcher.HttpMethod,
      headers: headersFor(headers, at, at.origin !== new URL(url).origin),
      body: sent,
      signal,
      reset: true,
    });
    const { location } = answer.headers;
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.statusCode);
    if (!isRedirect || typeof location !== 'string') return answer;
    await answer.body.dump();
    at = new URL(location, at);
    if (answer.statusCode < 307 && method !== 'HEAD') {
      method = 'GET';
      sent = null;
    }
  }
  return 'too many redirects';
}

/** Of `http://user:password@host/`. */
function credentialsOf({ username, password }: URL): { readonly authorization?: string } {
  if (username === '' && password === '') return {};
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(plain).toString('base64')}` };
}

/** Outputs are read by everybody who may read the catalog. */
const withoutPassword = (url: string): string => url.replace(/^(\w+:\/\/[^/@:]*):[^/@]*@/, '$1:***@');

/** Credentials do not follow to another host. */
function headersFor(own: HttpProbe['headers'], at: URL, elsewhere: boolean): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const given = new Set<string>();
  for (const [name, values] of Object.entries(own ?? {})) {
    if (values === null) continue;
    const lower = name.toLowerCase();
    if (elsewhere && /^(?:authorization|www-authenticate|cookie2?|host)$/.test(lower)) continue;
    given.add(lower);
    headers[name] = values.length === 1 ? values[0]! : [...values];
  }
  const others = { ...defaultHeaders, ...credentialsOf(at) };
  for (const [name, value] of Object.entries(others)) if (!given.has(name)) headers[name] = value;
  return headers;
}

function faultOf(error: unknown, url: string): string {
  if (!URL.canParse(url)) return 'invalid URL';
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return `unsupported protocol scheme "${protocol.slice(0, -1)}"`;
  return networkErrorText(error, `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`);
}
