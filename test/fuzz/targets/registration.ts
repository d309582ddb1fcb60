/**
 * Registrations of services and checks: decoded, validated, kept, run and shown. What was accepted must read back from its
 * file as it was, and no program of this machine may ever be among it.
 */
import { isScript } from '../../../src/agent/checks/definition.ts';
import { RpcError } from '../../../src/agent/errors.ts';
import { AgentServiceJson, agentService } from '../../../src/agent/http/agent-service-json.ts';
import { decodeCheck, decodeService } from '../../../src/agent/local/bodies.ts';
import { noPersistence, type PersistedCheck, type PersistedService } from '../../../src/agent/local/persistence.ts';
import { Registry } from '../../../src/agent/local/registry.ts';
import { LocalState } from '../../../src/agent/local/state.ts';
import { compare, pendingPushes, sameValue } from '../../../src/agent/local/sync-core.ts';
import type { RpcCaller } from '../../../src/agent/rpc/caller.ts';
import { silentLogger } from '../../../src/agent/telemetry/logger.ts';
import { JsonError } from '../../../src/lib/go-json/index.ts';
import type { Clock, Random } from '../../../src/lib/runtime.ts';
import { CheckType, NodeService } from '../../../src/structs/catalog.ts';
import { renderJson } from '../../../src/structs/json.ts';
import { decodeJson } from '../../../src/structs/json-decode.ts';
import { jsonStruct, type Schema } from '../../../src/structs/schema.ts';
import { jsonWords } from '../corpus.ts';
import { holds, type Target, unlessRefused } from '../target.ts';

const corpus = [
  {
    Name: 'web',
    ID: 'w1',
    Port: 80,
    Tags: ['a'],
    Meta: { k: 'v' },
    Address: '10.0.0.1',
    Weights: { Passing: 1, Warning: 1 },
  },
  { Name: 'web', Check: { HTTP: 'http://127.0.0.1:1/', Interval: '10s', Header: { a: ['b'] }, Timeout: '1s' } },
  {
    name: 'web',
    checks: [
      { ttl: '10s', status: 'passing' },
      { args: ['true'], interval: '1s' },
    ],
    enable_tag_override: true,
  },
  { Name: 'web', Connect: { SidecarService: { Proxy: { Upstreams: [{ DestinationName: 'db', LocalBindPort: 1 }] } } } },
  { Kind: 'connect-proxy', Name: 'px', Port: 1, Proxy: { DestinationServiceName: 'web', Config: { a: [1, null] } } },
  { Kind: 'mesh-gateway', Name: 'mg', Port: 1, TaggedAddresses: { wan: { Address: '::1', Port: 2 } } },
  { ID: 'c', Name: 'c', TCP: '127.0.0.1:1', Interval: 10e9, OutputMaxSize: 5, SuccessBeforePassing: 3 },
  { Name: 'c', AliasNode: 'other', AliasService: 'x', Notes: 'n' },
  { Name: 'c', GRPC: '127.0.0.1:1/x', GRPCUseTLS: true, Interval: '1m', TLSSkipVerify: true },
];

const words = ['"Check":', '"Checks":[', '"ScriptArgs":["true"]', '"args":["true"]', '"Interval":"1s"', '"TTL":"1s"'];
const moreWords = ['"sidecar_service":{}', '"Connect":', '"Proxy":', '"Kind":"connect-proxy"', '"H2PING":"x:1"', '-1'];

/** No timer ever fires: nothing is run. */
const clock: Clock = { wallMs: () => 0, nowMs: () => 0, after: () => ({ cancel: () => {} }) };
const random: Random = { float: () => 0.5, int: () => 0, bytes: (n) => new Uint8Array(n), uuid: () => '' };
const rpc = { call: () => new Promise(() => {}) } as unknown as RpcCaller;
const CheckTypeFile = jsonStruct(CheckType, { unmarshaler: 'lenient' });

export function registrationTarget(): Target {
  return {
    corpus: corpus.map((body) => Buffer.from(JSON.stringify(body))),
    words: [...jsonWords, ...words, ...moreWords],
    async run(input) {
      const services: PersistedService[] = [];
      const checks: PersistedCheck[] = [];
      const state = new LocalState({ clock, random, checkUpdateIntervalMs: 0, discardOutput: () => false });
      const registry = new Registry({
        state,
        checks: {
          runtime: { clock, random },
          nodeName: 'n',
          datacenter: 'dc1',
          rpc,
          outputMaxBytes: 4096,
          agentTls: () => ({}),
        },
        persistence: {
          ...noPersistence,
          saveService: async (one) => void services.push(one),
          saveCheck: async (one) => void checks.push(one),
        },
        scripts: { remote: false, local: false },
        sidecarPorts: { min: 21_000, max: 21_001 },
        runtime: { clock, random },
        logger: silentLogger,
      });
      const service = unlessRefused(() => decodeService(input), JsonError);
      if (service !== undefined) await refusable(registry.registerService(service, '', true));
      const check = unlessRefused(() => decodeCheck(input), JsonError);
      if (check !== undefined) await refusable(registry.registerCheck(check, ''));

      for (const { type } of state.checks()) holds(type === null || !isScript(type), 'no program was registered');
      for (const { Service } of services) readsBack(NodeService, Service);
      for (const { ChkType } of checks) readsBack(CheckTypeFile, ChkType);
      for (const entry of state.services()) {
        renderJson(AgentServiceJson, agentService(entry.service, 'dc1'), 'compact');
      }
      agreesWithItself(state);
      registry.stop();
    },
  };
}

async function refusable(registering: Promise<void>): Promise<void> {
  try {
    await registering;
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
  }
}

function readsBack<T>(schema: Schema<T>, value: T | null): void {
  if (value === null) return;
  const written = renderJson(schema, value, 'compact');
  const again = renderJson(schema, decodeJson(schema, written, { unknownFields: 'ignore' }), 'compact');
  holds(written.equals(again), 'what is kept reads back as itself');
}

/** A catalog that holds what the agent has leaves nothing to do. */
function agreesWithItself(state: LocalState): void {
  const node = { id: 'i', name: 'n', address: 'a', taggedAddresses: {}, meta: {} };
  const remote = {
    node: {
      ID: 'i',
      Node: 'n',
      Address: 'a',
      Datacenter: '',
      TaggedAddresses: null,
      Meta: null,
      CreateIndex: 1,
      ModifyIndex: 1,
    },
    services: state.services().map(({ service }) => service),
    checks: state.checks().map(({ check }) => check),
  };
  holds(sameValue(remote.services, remote.services), 'a value equals itself');
  const strays = compare(state, node, remote);
  holds(strays.length === 0 && pendingPushes(state).length === 0, 'equals are in sync');
}
