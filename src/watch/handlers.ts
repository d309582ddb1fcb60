/** What is done with an answer that a watch brought: a program gets it on its stdin, or a server in a request. */
import { spawn } from 'node:child_process';
import { messageOf } from '../lib/message-of.ts';
import type { WatchHandler } from './definition.ts';

export interface WatchNews {
  readonly index: number;
  /** JSON */
  readonly data: string;
}

export interface Handled {
  /** The beginning of what the handler said. */
  readonly output: string;
  /** Why it failed; null when it did not. */
  readonly failure: string | null;
}

/** As much of a handler's output is kept. */
const maxOutputBytes = 4 * 1024;

/** Never rejects. Ends early, with what runs, when the signal aborts. */
export const handle = (handler: WatchHandler, news: WatchNews, signal: AbortSignal): Promise<Handled> =>
  handler.kind === 'script' ? runScript(handler, news, signal) : send(handler, news, signal);

class Output {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #total = 0;

  write(chunk: Uint8Array): void {
    this.#total += chunk.length;
    if (this.#bytes >= maxOutputBytes) return;
    const kept = Buffer.from(chunk.subarray(0, maxOutputBytes - this.#bytes));
    this.#chunks.push(kept);
    this.#bytes += kept.length;
  }

  text(): string {
    const text = Buffer.concat(this.#chunks).toString('utf8');
    return this.#total <= maxOutputBytes ? text : `Captured ${maxOutputBytes} of ${this.#total} bytes\n...\n${text}`;
  }
}

function runScript(
  { words, shell }: Extract<WatchHandler, { kind: 'script' }>,
  { index, data }: WatchNews,
  signal: AbortSignal,
): Promise<Handled> {
  const [program, ...args] = shell ? [process.env['SHELL'] || '/bin/sh', '-c', words.join(' ')] : words;
  return new Promise((resolve) => {
    const output = new Output();
    const end = (failure: string | null): void => {
      signal.removeEventListener('abort', kill);
      resolve({ output: output.text(), failure });
    };
    const child = spawn(program as string, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, CONSUL_INDEX: String(index) },
    });
    function kill(): void {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    }
    signal.addEventListener('abort', kill);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => output.write(chunk));
      stream.on('error', () => {});
    }
    child.once('error', (error) => end(messageOf(error)));
    child.once('exit', (code, by) => {
      // Its children may hold the pipes for ever.
      for (const stream of [child.stdout, child.stderr]) setImmediate(() => stream.destroy());
      end(code === 0 ? null : by === null ? `exit status ${code}` : `signal: ${by}`);
    });
    // One that does not read its input is no error.
    child.stdin.on('error', () => {});
    child.stdin.end(data);
  });
}

async function send(
  { path, method, timeoutMs, headers, skipVerify }: Extract<WatchHandler, { kind: 'http' }>,
  { index, data }: WatchNews,
  signal: AbortSignal,
): Promise<Handled> {
  // Loaded by the first watch that needs it.
  const { default: undici } = await import('undici');
  const agent = new undici.Agent({ connect: { rejectUnauthorized: !skipVerify } });
  const output = new Output();
  try {
    const { statusCode, body } = await undici.request(path, {
      method: method.toUpperCase() as 'POST',
      headers: { 'Content-Type': 'application/json', ...headers, 'X-Consul-Index': String(index) } as Record<
        string,
        string | string[]
      >,
      body: data,
      dispatcher: agent,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    for await (const chunk of body) output.write(chunk as Buffer);
    const failure = statusCode >= 200 && statusCode <= 299 ? null : `unexpected response code: ${statusCode}`;
    return { output: output.text(), failure };
  } catch (error) {
    return { output: output.text(), failure: messageOf(error) };
  } finally {
    void agent.destroy();
  }
}
