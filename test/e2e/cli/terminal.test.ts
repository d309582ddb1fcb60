/** What a command shows on a terminal, and keeps to itself elsewhere: progress, questions, next steps, live completion. */
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentProcess, tc } from '../agent-process.ts';
import { management, suite } from '../security.ts';
import { prompt, Tmux, whyNoTmux } from '../tui/tmux.ts';
import { tc as run } from './tc.ts';

const missing = whyNoTmux();

/** Bytes and milliseconds between two pieces of an answer; before the first, the answer is held back for as long as it takes. */
const [pieceBytes, pieceMs, answerMs] = [400, 150, 1_500];

let agent: AgentProcess;
let slow: http.Server;
let slowAddress: string;
let folder: string;
/** What went through the slow line. */
const asked: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tc-terminal-'));
  agent = await AgentProcess.create({ dev: true });
  await agent.start();
  await agent.request('PUT', '/v1/kv/app/motd', 'hello');
  slow = http.createServer((request, response) => void slowly(request, response));
  slow.listen(0, '127.0.0.1');
  await new Promise((resolve) => slow.once('listening', resolve));
  slowAddress = `127.0.0.1:${(slow.address() as AddressInfo).port}`;
});

afterAll(async () => {
  slow.closeAllConnections();
  slow.close();
  await agent[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function slowly(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request;
  asked.push(`${method} ${url.split('?')[0]}`);
  const { host: _, ...rest } = headers;
  const onward = http.request({ host: '127.0.0.1', port: agent.httpPort, method, path: url, headers: rest });
  request.pipe(onward);
  const answer = await new Promise<http.IncomingMessage>((resolve) => onward.once('response', resolve));
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  // Completion gives up sooner than that.
  const isQuick = url.startsWith('/v1/kv/');
  if (!isQuick) await sleep(answerMs);
  const { 'transfer-encoding': _chunked, ...told } = answer.headers;
  response.writeHead(answer.statusCode ?? 500, told);
  for (let at = 0; at < body.length && !response.destroyed; at += pieceBytes) {
    response.write(body.subarray(at, at + pieceBytes));
    if (!isQuick) await sleep(pieceMs);
  }
  response.end();
}

const open = (env: Record<string, string> = {}): Promise<Tmux> =>
  Tmux.open({ columns: 100, rows: 30, env: { CONSUL_HTTP_ADDR: slowAddress, CI: '', ...env } });

async function enter(tmux: Tmux, line: string): Promise<void> {
  await tmux.type(line);
  await tmux.press('Enter');
}

describe.skipIf(missing !== undefined)(
  `on a terminal${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  { timeout: 60_000 },
  () => {
    it('long work says how far it is, and how fast; then the line is gone', async () => {
      await using tmux = await open();
      await enter(tmux, `cd ${folder}; ${tc} snapshot save night.snap`);
      await tmux.until(/Asking for a snapshot/);
      await tmux.until(/Saving the snapshot: [\d.]+ ?[KM]?B, [\d.]+ ?[KM]?B\/s/);
      expect(await tmux.until(/Saved and verified snapshot to index \d+/)).not.toMatch(/Saving the snapshot|Verifying/);
      await enter(tmux, `clear; ${tc} snapshot restore night.snap`);
      await tmux.until(/The servers take the snapshot in: .*\(100%\), [\d.]+ ?[KM]?B\/s/);
      expect(await tmux.until(/Restored snapshot/)).not.toMatch(/take the snapshot in/);
      await enter(tmux, `clear; ${tc} join 127.0.0.1:1`);
      await tmux.until(/Joining 127\.0\.0\.1:1/);
      expect(await tmux.until(/Error joining/)).not.toMatch(/Joining 127/);
    });

    it('a cluster on trial says who is there yet, and is gone after ctrl-C', async () => {
      await using tmux = await open();
      await enter(tmux, `${tc} dev cluster -http-port=31500 -clients=1 1`);
      await tmux.until(/\d of 2 agents know all the others/);
      const screen = await tmux.until(/The cluster is up/);
      expect(screen).not.toMatch(/know all the others/);
      const pids = [...screen.matchAll(/http:\/\/127\.0\.0\.1:\d+ +(\d+)/g)].map(([, pid]) => Number(pid));
      expect(pids).toHaveLength(2);
      await tmux.press('C-c');
      await tmux.until(/Taking the cluster down/);
      await tmux.until(prompt);
      for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    });

    it('an error says what to do next, below its recorded line', async () => {
      const free = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => free.once('listening', resolve));
      const { port } = free.address() as AddressInfo;
      await new Promise((resolve) => free.close(resolve));
      await using tmux = await open({ CONSUL_HTTP_ADDR: `127.0.0.1:${port}` });
      await enter(tmux, `${tc} kv get app/motd`);
      await tmux.until(/Error querying Consul agent: [\s\S]*connection refused[\s\S]*Start one with "tc\s+agent -dev"/);
    });

    it('a question is asked that a flag answers too: whose version of a key stays', async () => {
      const editor = join(folder, 'editor.sh');
      const theirs = `curl -s -X PUT -d theirs "http://127.0.0.1:${agent.httpPort}/v1/kv/app/motd?token=${management}" > /dev/null`;
      await writeFile(editor, `#!/bin/sh\n${theirs}\necho mine > "$1"\n`);
      await chmod(editor, 0o755);
      await using tmux = await open({ CONSUL_HTTP_ADDR: agent.address, EDITOR: editor });
      await enter(tmux, `${tc} kv edit app/motd`);
      await tmux.until(/was changed by somebody else meanwhile/);
      await tmux.press('Down', 'Enter');
      await tmux.until(/Success[\s\S]*^ready:$/m);
      expect((await agent.request('GET', '/v1/kv/app/motd?raw')).text).toBe('mine');
      await agent.request('PUT', '/v1/kv/app/motd', 'hello');
      await enter(tmux, `clear; ${tc} kv edit -on-conflict=overwrite app/motd; echo exit $((40 + $?))`);
      expect(await tmux.until(/exit 40/)).not.toMatch(/changed by somebody/);
      expect((await agent.request('GET', '/v1/kv/app/motd?raw')).text).toBe('mine');
    });
  },
);

describe('elsewhere', () => {
  const env = () => ({ CONSUL_HTTP_ADDR: slowAddress });

  it('long work is silent', async () => {
    const file = join(folder, 'silent.snap');
    const saved = await run(['snapshot', 'save', file], { env: env() });
    expect(saved).toMatchObject({ code: 0, err: '' });
    expect((await readFile(file)).length).toBeGreaterThan(500);
  }, 30_000);
});

async function managementToken(): Promise<string> {
  const { text } = await agent.request('PUT', '/v1/acl/token', '{"Policies":[{"Name":"global-management"}]}');
  return (JSON.parse(text) as { SecretID: string }).SecretID;
}

describe('live completion', () => {
  it('asks once and keeps the answer for the next key press, for each agent and token by themselves', async () => {
    const complete = async (token: string): Promise<string> => {
      const env = { CONSUL_HTTP_ADDR: slowAddress, CONSUL_HTTP_TOKEN: token, XDG_CACHE_HOME: join(folder, 'cache') };
      return (await run(['completion', '-complete', '--', 'kv', 'get', 'app/m'], { env })).out;
    };
    const first = suite?.token ?? '';
    const another = suite === null ? 'another' : await managementToken();
    asked.length = 0;
    expect(await complete(first)).toBe('space\napp/motd\n');
    await agent.request('PUT', '/v1/kv/app/memo', 'new');
    expect(await complete(first)).toBe('space\napp/motd\n');
    expect(asked).toEqual(['GET /v1/kv/app/']);
    expect(await complete(another)).toBe('space\napp/memo\napp/motd\n');
    expect(asked).toHaveLength(2);
    const kept = join(folder, 'cache', 'tconsul', 'completion.json');
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect(await readFile(kept, 'utf8')).not.toContain(another);
  });
});
