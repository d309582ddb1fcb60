/** Three servers and three clients with access rules, TLS and encrypted gossip, as processes of their own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../src/cli/dev-cluster/free-ports.ts';
import type { Measured } from './samples.ts';

const tc = resolve(import.meta.dirname, '../../bin/run.js');
export const master = '11111111-2222-4333-8444-555555555555';
/** Of each agent's logs, all files together. */
export const logLimitMiB = 4;

export interface SoakAgent extends Measured {
  readonly name: string;
  readonly isServer: boolean;
  /** HTTPS. */
  readonly port: number;
  readonly dnsPort: number;
  readonly child: ChildProcess;
}

export class SoakCluster {
  readonly agents: readonly SoakAgent[];
  /** For clients of the API. */
  readonly ca: string;

  private constructor(agents: readonly SoakAgent[], ca: string) {
    this.agents = agents;
    this.ca = ca;
  }

  static async start(folder: string): Promise<SoakCluster> {
    mkdirSync(folder, { recursive: true });
    const certificates = (...argv: string[]): void => {
      execFileSync(tc, ['tls', ...argv], { cwd: folder, stdio: 'ignore' });
    };
    certificates('ca', 'create');
    certificates('cert', 'create', '-server');
    certificates('cert', 'create', '-client');
    const count = 6;
    const ports = await freePorts(5 * count);
    const portsOf = (i: number) => ports.slice(5 * i, 5 * i + 5) as [number, number, number, number, number];
    const joins = [0, 1, 2].map((i) => `127.0.0.1:${portsOf(i)[3]}`);
    const encrypt = randomBytes(32).toString('base64');
    const agents = Array.from({ length: count }, (_, i): SoakAgent => {
      const isServer = i < 3;
      const name = isServer ? `server${i + 1}` : `client${i - 2}`;
      const [http, https, dns, lan, server] = portsOf(i);
      const dataDir = join(folder, name, 'data');
      const logDir = join(folder, name, 'log');
      mkdirSync(dataDir, { recursive: true });
      mkdirSync(logDir, { recursive: true });
      const pem = (what: string): string => join(folder, `dc1-${isServer ? 'server' : 'client'}-consul-0${what}.pem`);
      const config = {
        ...{ node_name: name, bind_addr: '127.0.0.1', data_dir: dataDir, disable_host_node_id: true, encrypt },
        ...(isServer && { server: true, bootstrap_expect: 3 }),
        ...{
          retry_join: joins,
          ports: { http, https, dns, serf_lan: lan, serf_wan: -1, server: isServer ? server : 8300 },
        },
        ...{ ca_file: join(folder, 'consul-agent-ca.pem'), cert_file: pem(''), key_file: pem('-key') },
        ...{ verify_incoming_rpc: true, verify_outgoing: true, verify_server_hostname: true },
        acl: { enabled: true, default_policy: 'deny', tokens: { master, agent: master } },
        primary_datacenter: 'dc1',
        ...{ log_file: `${logDir}/`, log_level: 'debug', log_rotate_bytes: 1 << 20, log_rotate_max_files: 3 },
        limits: { http_max_conns_per_client: 2_000 },
        telemetry: { disable_hostname: true },
      };
      writeFileSync(join(folder, `${name}.json`), JSON.stringify(config));
      const child = spawn(tc, ['agent', `-config-file=${join(folder, `${name}.json`)}`], { stdio: 'ignore' });
      return { name, isServer, port: https, dnsPort: dns, dataDir, logDir, child, pid: child.pid ?? 0 };
    });
    return new SoakCluster(agents, readFileSync(join(folder, 'consul-agent-ca.pem'), 'utf8'));
  }

  /** Resolves when `check` says yes of every agent. */
  async until(what: string, check: (agent: SoakAgent) => Promise<boolean>): Promise<void> {
    for (let i = 0; i < 600; i++) {
      const answers = await Promise.all(this.agents.map((agent) => check(agent).catch(() => false)));
      if (answers.every(Boolean)) return;
      await sleep(200);
    }
    throw new Error(`never: ${what}`);
  }

  /** Names of agents that ended by themselves. */
  ended(): string[] {
    return this.agents
      .filter(({ child }) => child.exitCode !== null || child.signalCode !== null)
      .map(({ name }) => name);
  }

  async stop(): Promise<void> {
    for (const { child } of this.agents) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
}
