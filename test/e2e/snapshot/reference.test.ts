/** Archives that the original saved, restored into a server: every read gives what it gave there. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AgentProcess } from '../agent-process.ts';

const vectors = new URL('../../data/vectors/snapshots/', import.meta.url);
/** These belong to cluster membership: the server that saved, and the one that restores. */
const members = ['alpha', 'beta', 'e2e'];

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
const isObject = (value: Json | undefined): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An answer without what need not be the same. */
function comparable(value: Json): Json {
  if (Array.isArray(value)) {
    const kept = value.filter(
      (one) => !isObject(one) || !(members.includes(String(one['Node'])) || 'ExpirationTime' in one),
    );
    return kept.map(comparable);
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, comparable(field)]));
}

async function readsOf(name: string, agent: AgentProcess, token: string) {
  const { reads } = JSON.parse(readFileSync(new URL(`${name}.json`, vectors), 'utf8')) as {
    reads: Record<string, Json>;
  };
  const differences: unknown[] = [];
  for (const [path, wanted] of Object.entries(reads)) {
    // Expired tokens are gone; refusals depend on the server's own settings.
    if (isObject(wanted) && ('ExpirationTime' in wanted || '$status' in wanted)) continue;
    const { text } = await agent.request('GET', `${path}${path.includes('?') ? '&' : '?'}token=${token}`);
    let got: Json = text;
    try {
      got = JSON.parse(text) as Json;
    } catch {
      // shown as it is
    }
    if (!Object.is(JSON.stringify(sorted(comparable(got))), JSON.stringify(sorted(comparable(wanted)))))
      differences.push({ path, wanted, got });
  }
  return differences;
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key]!)]),
  );
}

/** The leader has done what it does first: rules are made, its own node is registered. */
async function settled(agent: AgentProcess, token: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const { text } = await agent.request('GET', `/v1/health/node/e2e?token=${token}`);
    if (text.includes('serfHealth')) return;
    await sleep(50);
  }
  throw new Error('the leader never registered itself');
}

const master = 'aaaaaaaa-0000-4000-8000-000000000001';
const acl = `acl { enabled = true default_policy = "deny" tokens { master = "${master}" } } primary_datacenter = "dc1"`;

it.each([
  ['plain', '', ['-hcl', 'connect { enabled = true }']],
  ['acl', master, ['-hcl', acl]],
])('%s.snap', async (name, token, args) => {
  await using agent = await AgentProcess.create({ args, ownAcls: true });
  await agent.start();
  await settled(agent, token);
  const archive = readFileSync(new URL(`${name}.snap`, vectors));
  const restored = await agent.request('PUT', `/v1/snapshot?token=${token}`, archive);
  expect([restored.status, restored.text]).toEqual([200, '']);
  expect(await readsOf(name, agent, token)).toEqual([]);

  const { status } = await agent.request('PUT', `/v1/kv/after?token=${token}`, 'x');
  expect(status).toBe(200);
  await agent.kill();
  await agent.start();
  const again = await agent.request('GET', `/v1/kv/after?raw&token=${token}`);
  expect(again.text).toBe('x');
});
