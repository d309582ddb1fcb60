/** From the definition of a check to the runner of it. */
import { nsToMs } from '../../lib/duration.ts';
import type { Runtime } from '../../lib/runtime.ts';
import type { CheckType } from '../../structs/catalog.ts';
import type { RpcCaller } from '../rpc/caller.ts';
import { type LocalHealth, startLocalAlias, startRemoteAlias } from './alias.ts';
import { checkKind, minIntervalMs } from './definition.ts';
import { probeGrpc } from './grpc.ts';
import { probeH2Ping } from './h2ping.ts';
import { probeHttp } from './http.ts';
import { type Attempt, type CheckRunner, type Report, type Result, startPeriodic } from './runner.ts';
import { probeScript } from './script.ts';
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
  /** Name in certificates where neither check nor address says another. */
  readonly serverName: string;
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
  const tls = {
    skipVerify: definition.TLSSkipVerify,
    serverName: definition.TLSServerName || context.serverName,
  };
  const probes: Record<typeof kind, (attempt: Attempt) => Promise<Result>> = {
    http: (attempt) =>
      probeHttp(
        {
          url: definition.HTTP,
          method: definition.Method,
          headers: definition.Header,
          body: definition.Body,
          outputMaxBytes,
          tls,
        },
        attempt,
      ),
    tcp: (attempt) => probeTcp(definition.TCP, attempt),
    grpc: (attempt) => probeGrpc({ target: definition.GRPC, tls: definition.GRPCUseTLS ? tls : null }, attempt),
    h2ping: (attempt) => probeH2Ping({ target: definition.H2PING, tls }, attempt),
    script: (attempt) => probeScript(definition.ScriptArgs ?? [], outputMaxBytes, attempt),
    docker: (attempt) => probeScript(dockerArgs(definition), outputMaxBytes, attempt),
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
