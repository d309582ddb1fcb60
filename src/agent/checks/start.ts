/** From the definition of a check to the runner of it. */
import { nsToMs } from '../../lib/duration.ts';
import type { Runtime } from '../../lib/runtime.ts';
import type { CheckType } from '../../structs/catalog.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import { type LocalHealth, startLocalAlias, startRemoteAlias } from './alias.ts';
import { checkKind, minIntervalMs } from './definition.ts';
import type { ProbeTls } from './probe-tls.ts';
import { type Attempt, type CheckRunner, type Report, type Result, startPeriodic } from './runner.ts';
import { probeTcp } from './tcp.ts';
import { withThresholds } from './thresholds.ts';
import { startTtl } from './ttl.ts';

export interface CheckContext {
  readonly runtime: Runtime;
  readonly nodeName: string;
  readonly datacenter: string;
  readonly local: LocalHealth;
  readonly rpc: RpcCaller;
  /** The agent's limit: a check may ask for less, not for more. */
  readonly outputMaxBytes: number;
  /** The agent's certificate, authorities and name, where checks use them. */
  readonly agentTls: () => ProbeTls['agent'] & object;
}

const defaultTimeoutMs = 10_000;
const defaultScriptTimeoutMs = 30_000;

/** `id` of the check and the token of its registration; `report` gets the results that count. */
export function startCheck(
  { runtime, nodeName, datacenter, local, rpc, ...context }: CheckContext,
  definition: CheckType,
  id: string,
  token: string,
  report: Report,
): CheckRunner {
  const { clock, random } = runtime;
  const own = definition.OutputMaxSize;
  const outputMaxBytes = own > 0 ? Math.min(own, context.outputMaxBytes) : context.outputMaxBytes;
  const kind = checkKind(definition);
  if (kind === 'ttl') return startTtl({ clock, ttlMs: nsToMs(definition.TTL), outputMaxBytes, report });
  if (kind === 'alias') {
    const { AliasNode: node, AliasService: serviceId } = definition;
    if (node === '' || node === nodeName) return startLocalAlias(local, serviceId, id, report);
    return startRemoteAlias({ rpc, datacenter, node, serviceId, token, ownId: id, clock, random, report });
  }
  const tls: ProbeTls = {
    skipVerify: definition.TLSSkipVerify,
    serverName: definition.TLSServerName,
    agent: context.agentTls(),
  };
  // What they are made of is loaded by the first that runs.
  const probes: Record<typeof kind, (attempt: Attempt) => Promise<Result>> = {
    http: async (attempt) => {
      const { probeHttp } = await import('./http.ts');
      const { HTTP: url, Method: method, Header: headers, Body: body } = definition;
      return probeHttp({ url, method, headers, body, outputMaxBytes, tls }, attempt);
    },
    tcp: (attempt) => probeTcp(definition.TCP, attempt),
    grpc: async (attempt) => {
      const { probeGrpc } = await import('./grpc.ts');
      return probeGrpc({ target: definition.GRPC, tls: definition.GRPCUseTLS ? tls : null }, attempt);
    },
    h2ping: async (attempt) => {
      const { probeH2Ping } = await import('./h2ping.ts');
      return probeH2Ping({ target: definition.H2PING, tls }, attempt);
    },
    script: (attempt) => script(definition.ScriptArgs ?? [], attempt),
    docker: (attempt) => script(dockerArgs(definition), attempt),
  };
  const script = async (args: readonly string[], attempt: Attempt): Promise<Result> => {
    const { probeScript } = await import('./script.ts');
    return probeScript(args, outputMaxBytes, attempt);
  };
  const isScript = kind === 'script' || kind === 'docker';
  return startPeriodic({
    clock,
    random,
    intervalMs: Math.max(minIntervalMs, nsToMs(definition.Interval)),
    timeoutMs:
      definition.Timeout > 0 ? nsToMs(definition.Timeout) : isScript ? defaultScriptTimeoutMs : defaultTimeoutMs,
    probe: probes[kind],
    report: withThresholds(
      {
        successBeforePassing: definition.SuccessBeforePassing,
        failuresBeforeCritical: definition.FailuresBeforeCritical,
      },
      report,
    ),
  });
}

/** The script inside a container, by Docker's own client. */
const dockerArgs = ({ DockerContainerID, Shell, ScriptArgs }: CheckType): string[] => {
  const command = Shell === '' ? (ScriptArgs ?? []) : [Shell, '-c', (ScriptArgs ?? []).join(' ')];
  return ['docker', 'exec', DockerContainerID, ...command];
};
