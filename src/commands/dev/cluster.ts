import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CliError, defineCommand } from '../../cli/command.ts';
import {
  endWithUs,
  hangup,
  lastWords,
  type RunningAgent,
  startAgentProcess,
  stopAgents,
} from '../../cli/dev-cluster/agents.ts';
import { freePorts, freeRow } from '../../cli/dev-cluster/free-ports.ts';
import { innerPortsPerAgent, planCluster } from '../../cli/dev-cluster/plan.ts';
import { registerSample } from '../../cli/dev-cluster/sample.ts';
import { formed } from '../../cli/dev-cluster/wait.ts';
import { flag, formatFlag } from '../../cli/flags.ts';
import { columns, toJson, wantsJson } from '../../cli/format.ts';

const maxServers = 9;
const maxClients = 20;

export default defineCommand({
  summary: 'Runs a whole cluster on this machine',
  usage: 'dev cluster [options] [servers]',
  description: `Starts a cluster of real agents on loopback, three servers unless told otherwise, prints how to reach them and runs until ctrl-C, which takes everything down again. For learning, and for tests that need a cluster.

Without -data-dir the state is thrown away at the end.`,
  examples: [
    ['dev cluster', 'Three servers:'],
    ['dev cluster -clients=2 5', 'Five servers and two clients:'],
    ['dev cluster -acl -with-services', 'With access control, and something to look at:'],
  ],
  flags: {
    acl: flag.bool('With ACLs that refuse what no rule allows; prints a token that may do everything.'),
    clients: flag.int('Client agents besides the servers.'),
    datacenter: flag.string('Name of the datacenter.', { initial: 'dc1' }),
    'data-dir': flag.string('Keeps state and logs here. The same directory makes the same cluster again.'),
    'http-port': flag.int('HTTP port of the first agent; the others follow.', { initial: 8500 }),
    'log-level': flag.string('Level of the logs, which go to files.', { initial: 'info' }),
    'with-services': flag.bool('Registers a few services and checks, to have something to look at.'),
    format: formatFlag,
  },
  flagsAnywhere: true,

  async run({ args, flags, out, interrupted, progress }) {
    const json = wantsJson(flags.format);
    const say = (text: string): void => {
      if (!json) out(text);
    };
    const servers = countOf(args[0] ?? '3', 1, maxServers, 'servers');
    const clients = countOf(String(flags.clients), 0, maxClients, 'clients');
    if (args.length > 1) throw new CliError(`Too many arguments (expected at most 1, got ${args.length})`);
    const kept = flags['data-dir'] !== '';
    const directory = kept ? resolve(flags['data-dir']) : mkdtempSync(join(tmpdir(), 'tc-cluster-'));
    mkdirSync(directory, { recursive: true });
    const count = servers + clients;
    const httpPorts = await freeRow(flags['http-port'], count);
    if (httpPorts === null) throw new CliError(`No ${count} free ports from ${flags['http-port']} on`);
    const innerPorts = await freePorts(count * innerPortsPerAgent);
    const plan = planCluster({
      servers,
      clients,
      datacenter: flags.datacenter,
      httpPorts,
      innerPorts,
      directory,
      token: flags.acl ? randomUUID() : null,
      extraArgs: [`-log-level=${flags['log-level']}`],
    });
    const signal = AbortSignal.any([interrupted(), hangup()]);
    const agents: RunningAgent[] = [];
    const tidy = (): void => {
      if (!kept) rmSync(directory, { recursive: true, force: true });
    };
    const calm = endWithUs(agents, tidy);
    try {
      for (const agent of plan) agents.push(startAgentProcess(agent, directory));
      const fallen = Promise.race(agents.map((one) => one.ended.then(() => one)));
      say(`==> Starting ${servers} servers${clients > 0 ? ` and ${clients} clients` : ''}...\n`);
      const shown = progress('Waiting for the agents');
      const onWhole = (agents: number): void => shown.say(`${agents} of ${count} agents know all the others`);
      const early = await Promise.race([formed(plan, signal, onWhole), fallen]);
      if (typeof early === 'object') throw new CliError(`${early.agent.name} ended early:\n${lastWords(early)}`);
      if (!early) return 0;
      if (flags['with-services']) await registerSample(plan, signal);
      out(json ? toJson(listed(agents, directory)) : described(agents, directory));
      const aborted = new Promise<null>((done) => {
        if (signal.aborted) done(null);
        signal.addEventListener('abort', () => done(null), { once: true });
      });
      // An agent that is killed on purpose is part of learning: the others go on.
      for (const one of agents) void one.ended.then(() => signal.aborted || say(`==> ${one.agent.name} ended\n`));
      await aborted;
      say('\n==> Taking the cluster down...\n');
      progress('Waiting for the agents to end');
      return 0;
    } finally {
      await stopAgents(agents);
      calm();
      tidy();
    }
  },
});

function countOf(text: string, least: number, most: number, what: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= least && count <= most) return count;
  throw new CliError(`Number of ${what} must be between ${least} and ${most}: ${text}`);
}

const listed = (agents: readonly RunningAgent[], directory: string): unknown => ({
  Agents: agents.map(({ agent, pid, logFile }) => ({
    Node: agent.name,
    Server: agent.server,
    HTTP: `http://127.0.0.1:${agent.httpPort}`,
    PID: pid,
    Log: logFile,
  })),
  Directory: directory,
  Token: agents[0]?.agent.token ?? null,
});

function described(agents: readonly RunningAgent[], directory: string): string {
  const rows = agents.map(({ agent, pid }) => [
    agent.name,
    agent.server ? 'server' : 'client',
    `http://127.0.0.1:${agent.httpPort}`,
    String(pid),
  ]);
  const { httpPort: first, token } = agents[0]!.agent;
  return `==> The cluster is up.

${columns([['Node', 'Type', 'HTTP', 'PID'], ...rows])}
To talk to it, in another terminal:

    export CONSUL_HTTP_ADDR=127.0.0.1:${first}${token === null ? '' : `\n    export CONSUL_HTTP_TOKEN=${token}`}
    tc members
    tc operator raft list-peers
    tc top

Logs are in ${directory}. Stop everything with ctrl-C.
`;
}
