/** The checks that ask an agent. One that may not be asked, or cannot answer, becomes a note. */
import { agentApi } from '../../client/agent.ts';
import { catalogApi, healthApi } from '../../client/catalog.ts';
import { type ConsulHttp, parseJson } from '../../client/http.ts';
import { operatorApi, statusApi } from '../../client/operator.ts';
import type { AgentSelf } from '../../client/types.ts';
import { messageOf } from '../../lib/message-of.ts';
import { liveRecords } from '../live-records.ts';
import {
  checkClock,
  checkGossipKeys,
  checkKeySizes,
  checkLag,
  checkMembers,
  checkOrphans,
  checkQuorum,
  checkVersions,
  type KeySize,
  largeValueBytes,
} from './cluster-rules.ts';
import { error, type Finding, note, ok } from './finding.ts';

/** Null when no agent answers. */
export async function findAgent(http: ConsulHttp): Promise<{ self: AgentSelf | null; finding: Finding }> {
  try {
    const self = await agentApi(http).self({ timeoutMs: askMs });
    const { NodeName, Version, Server } = self.Config;
    return { self, finding: ok('agent', `${NodeName} (${Server ? 'server' : 'client'}) runs ${Version}`) };
  } catch (thrown) {
    const fix = 'start it, or say where it is with -http-addr and -token; checks of the cluster are left out';
    return { self: null, finding: error('agent', messageOf(thrown), fix) };
  }
}

const askMs = 10_000;

/** Every check of the cluster through the agent behind `http`. */
export async function clusterFindings(http: ConsulHttp): Promise<Finding[]> {
  const options = { timeoutMs: askMs, stale: true };
  const checks: Readonly<Record<string, () => Promise<Finding[]>>> = {
    leader: () => leader(http),
    clock: () => clock(http),
    members: async () => checkMembers(await agentApi(http).members({ timeoutMs: askMs })),
    servers: async () => {
      const { Servers } = await operatorApi(http).autopilotHealth({ timeoutMs: askMs });
      return [...checkQuorum(Servers), ...checkLag(Servers), ...checkVersions(Servers)];
    },
    'gossip keys': () => gossipKeys(http),
    catalog: async () => {
      const [nodes, health, members] = await Promise.all([
        catalogApi(http).nodes(options),
        healthApi(http).state('any', options),
        agentApi(http).members({ timeoutMs: askMs }),
      ]);
      return checkOrphans(nodes.value, health.value, members);
    },
    'key sizes': () => keySizes(http),
  };
  const findings: Finding[] = [];
  for (const [check, run] of Object.entries(checks)) {
    try {
      findings.push(...(await run()));
    } catch (thrown) {
      findings.push(note(check, `not checked: ${messageOf(thrown)}`));
    }
  }
  return findings;
}

async function leader(http: ConsulHttp): Promise<Finding[]> {
  const address = await statusApi(http).leader({ timeoutMs: askMs });
  if (address !== '') return [ok('leader', address)];
  return [error('leader', 'there is none: nothing can be written', 'start enough servers, or: tc operator recover')];
}

async function clock(http: ConsulHttp): Promise<Finding[]> {
  const startMs = Date.now();
  const { body } = await http.ask({ method: 'GET', path: '/v1/agent/host', options: { timeoutMs: askMs } });
  const roundTripMs = Date.now() - startMs;
  const { CollectionTime } = parseJson(body) as { readonly CollectionTime: number | bigint };
  return checkClock(Number(CollectionTime) / 1e6 - (startMs + roundTripMs / 2), roundTripMs);
}

async function gossipKeys(http: ConsulHttp): Promise<Finding[]> {
  try {
    return checkGossipKeys(await operatorApi(http).keyringList({ timeoutMs: askMs }));
  } catch (thrown) {
    if (!/keyring is empty/i.test(messageOf(thrown))) throw thrown;
    return [
      note('gossip keys', 'gossip is not encrypted', 'set `encrypt` on all agents to the key that `tc keygen` prints'),
    ];
  }
}

async function keySizes(http: ConsulHttp): Promise<Finding[]> {
  const large: KeySize[] = [];
  let count = 0;
  for await (const { type, value } of liveRecords(http, { stale: true })) {
    if (type !== 'kv') continue;
    count++;
    const sizeBytes = value.Value.length;
    if (sizeBytes > largeValueBytes) large.push({ key: value.Key, sizeBytes });
  }
  return checkKeySizes(large, count);
}
