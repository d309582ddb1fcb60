/** Acknowledged means durable: a writer, a kill at a random moment, a restart, and every acknowledged write is there. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';

/** CI runs a few rounds; TC_KILL_ROUNDS=20 is the full drill. */
const rounds = Number(process.env['TC_KILL_ROUNDS'] ?? 4);
const writers = 16;

/** A value that says by itself whether it is whole. */
function whole(key: string, round: number, n: number): string {
  const text = `${key} ${round} ${n} ${'x'.repeat(n % 700)}`;
  return `${createHash('sha1').update(text).digest('hex')} ${text}`;
}
function isWhole(value: string): boolean {
  return createHash('sha1').update(value.slice(41)).digest('hex') === value.slice(0, 40);
}

it(`keeps every acknowledged write over ${rounds} kills with ${writers} writers`, {
  timeout: rounds * 30_000,
}, async () => {
  await using agent = await AgentProcess.create();
  await agent.start();
  // Per key: the last acknowledged value, and what was sent afterwards without an answer.
  const acknowledged = new Map<string, string>();
  const uncertain = new Map<string, string>();
  let total = 0;

  for (let round = 0; round < rounds; round++) {
    let stop = false;
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; !stop; n++) {
        const key = `w${writer}/k${n % 50}`;
        const value = whole(key, round, n);
        uncertain.set(key, value);
        const answer = await agent.request('PUT', `/v1/kv/${key}`, value).catch(() => null);
        if (answer === null) return;
        if (answer.status !== 200 || answer.text.trim() !== 'true') throw new Error(`${answer.status} ${answer.text}`);
        acknowledged.set(key, value);
        uncertain.delete(key);
        total++;
      }
    };
    const running = Array.from({ length: writers }, (_, writer) => write(writer));
    const enough = total + 100;
    while (total < enough) await sleep(10);
    await sleep(Math.random() * 700);
    await agent.kill('SIGKILL');
    stop = true;
    await Promise.all(running);
    await agent.start();

    const listed = await agent.request('GET', '/v1/kv/?recurse');
    const entries = JSON.parse(listed.text) as { Key: string; Value: string }[];
    const found = new Map(entries.map((e) => [e.Key, Buffer.from(e.Value, 'base64').toString()]));
    for (const value of found.values()) expect(isWhole(value), `torn: ${value.slice(0, 90)}`).toBe(true);
    for (const [key, value] of acknowledged) {
      const now = found.get(key);
      if (now !== value) expect(now, `${key} lost its acknowledged value`).toBe(uncertain.get(key));
      if (now !== undefined) acknowledged.set(key, now);
    }
    uncertain.clear();
  }
});
