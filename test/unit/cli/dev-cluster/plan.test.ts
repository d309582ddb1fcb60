import { describe, expect, it } from 'vitest';
import { planCluster } from '../../../../src/cli/dev-cluster/plan.ts';

const plan = (servers: number, clients: number, token: string | null = null) =>
  planCluster({
    servers,
    clients,
    datacenter: 'dc1',
    httpPorts: Array.from({ length: servers + clients }, (_, i) => 8500 + i),
    innerPorts: Array.from({ length: 3 * (servers + clients) }, (_, i) => 9000 + i),
    directory: '/d',
    token,
    extraArgs: ['-log-level=warn'],
  });

describe('the plan of a cluster', () => {
  it('gives every agent a name, a role and ports of its own', () => {
    const agents = plan(3, 2);
    expect(agents.map(({ name }) => name)).toEqual(['server-1', 'server-2', 'server-3', 'client-1', 'client-2']);
    expect(agents.map(({ httpPort }) => httpPort)).toEqual([8500, 8501, 8502, 8503, 8504]);
    const ports = agents.flatMap(({ args }) => args.filter((arg) => /^-(server|serf-lan|serf-wan)-port=/.test(arg)));
    expect(new Set(ports.map((arg) => arg.split('=')[1])).size).toBe(15);
  });

  it('makes servers wait for each other, and everybody join the others', () => {
    const [first, , , client] = plan(3, 1);
    expect(first?.args).toContain('-bootstrap-expect=3');
    expect(first?.args.filter((arg) => arg.startsWith('-retry-join='))).toEqual([
      '-retry-join=127.0.0.1:9004',
      '-retry-join=127.0.0.1:9007',
    ]);
    expect(client?.args).not.toContain('-server');
    expect(client?.args.filter((arg) => arg.startsWith('-retry-join='))).toHaveLength(3);
  });

  it('turns ACLs on for everybody, with one token', () => {
    for (const { args, token } of plan(1, 1, 't0ken')) {
      expect(token).toBe('t0ken');
      expect(args.find((arg) => arg.startsWith('-hcl=acl'))).toMatch(/default_policy = "deny"[\s\S]*master = "t0ken"/);
    }
    expect(plan(1, 0)[0]?.args.some((arg) => arg.includes('acl'))).toBe(false);
  });

  it('has a single server join nobody', () => {
    expect(plan(1, 0)[0]?.args.some((arg) => arg.startsWith('-retry'))).toBe(false);
  });
});
