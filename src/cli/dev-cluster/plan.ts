/** What `dev cluster` starts: the agents of one datacenter on loopback, each with ports of its own. Pure. */

export interface PlannedAgent {
  readonly name: string;
  readonly server: boolean;
  readonly httpPort: number;
  /** Management token; null without ACLs. */
  readonly token: string | null;
  readonly args: readonly string[];
}

export interface ClusterPlan {
  readonly servers: number;
  readonly clients: number;
  readonly datacenter: string;
  /** One for each agent, servers first. */
  readonly httpPorts: readonly number[];
  /** Ports for RPC and the two pools: three for each agent. */
  readonly innerPorts: readonly number[];
  readonly directory: string;
  /** Management token of a cluster with ACLs that refuses what no rule allows; null without ACLs. */
  readonly token: string | null;
  /** Given to every agent besides. */
  readonly extraArgs: readonly string[];
}

export const innerPortsPerAgent = 3;

export function planCluster(plan: ClusterPlan): PlannedAgent[] {
  const { servers, clients, innerPorts } = plan;
  const ports = (agent: number): readonly number[] =>
    innerPorts.slice(agent * innerPortsPerAgent, (agent + 1) * innerPortsPerAgent);
  return Array.from({ length: servers + clients }, (_, i) => {
    const server = i < servers;
    const name = server ? `server-${i + 1}` : `client-${i + 1 - servers}`;
    const httpPort = plan.httpPorts[i]!;
    const [rpc, lan, wan] = ports(i);
    const joins = Array.from({ length: servers }, (_, other) => other)
      .filter((other) => other !== i)
      .map((other) => `-retry-join=127.0.0.1:${ports(other)[1]}`);
    const role = server
      ? ['-server', `-bootstrap-expect=${servers}`, '-hcl=performance { raft_multiplier = 1 }']
      : // An end is an end: nobody is left to say goodbye to.
        ['-hcl=leave_on_terminate = false'];
    return {
      name,
      server,
      httpPort,
      token: plan.token,
      args: [
        `-node=${name}`,
        `-datacenter=${plan.datacenter}`,
        `-data-dir=${plan.directory}/${name}`,
        '-bind=127.0.0.1',
        '-client=127.0.0.1',
        '-disable-host-node-id',
        `-http-port=${httpPort}`,
        '-dns-port=-1',
        '-grpc-port=-1',
        `-server-port=${rpc}`,
        `-serf-lan-port=${lan}`,
        `-serf-wan-port=${wan}`,
        ...role,
        ...joins,
        ...(joins.length === 0 ? [] : ['-retry-interval=1s']),
        ...(plan.token === null ? [] : [`-hcl=${aclSettings(plan.token)}`]),
        ...plan.extraArgs,
      ],
    };
  });
}

const aclSettings = (token: string): string => `acl {
  enabled = true
  default_policy = "deny"
  tokens {
    master = "${token}"
    agent = "${token}"
  }
}`;
