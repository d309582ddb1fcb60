import { describe, expect, it } from 'vitest';
import { countUsage, maxServices } from '../../../../src/agent/server/usage-metrics.ts';
import { createState, type State } from '../../../../src/agent/state/store.ts';
import { HealthCheck, Node, NodeService } from '../../../../src/structs/catalog.ts';
import { make } from '../../../../src/structs/make.ts';

function stateWith(services: readonly (readonly [node: string, name: string, status: string])[]): State {
  const state = createState();
  for (const [node, name, status] of services) {
    state.tables.nodes.put(make(Node, { Node: node }), null);
    state.tables.services.put({ Node: node, Service: make(NodeService, { ID: name, Service: name }) }, null);
    const check = { Node: node, CheckID: `of-${name}`, ServiceID: name, ServiceName: name, Status: status };
    state.tables.checks.put(make(HealthCheck, check), null);
  }
  return state;
}

describe('usage', () => {
  it('counts instances by the worst check of theirs and of their nodes', async () => {
    const state = stateWith([
      ['a', 'web', 'passing'],
      ['b', 'web', 'warning'],
      ['C', 'web', 'passing'],
      ['C', 'db', 'passing'],
    ]);
    state.tables.checks.put(make(HealthCheck, { Node: 'C', CheckID: 'disk', Status: 'critical' }), null);
    expect(await countUsage(state)).toEqual({
      nodes: 3,
      services: 2,
      instances: 4,
      connectInstances: 0,
      checks: { passing: 3, warning: 1, critical: 1 },
      nodeHealth: { passing: 2, warning: 0, critical: 1 },
      serviceHealth: new Map([
        ['db', { passing: 0, warning: 0, critical: 1 }],
        ['web', { passing: 1, warning: 1, critical: 1 }],
      ]),
    });
  });

  it('of very many services names the first only', async () => {
    const names = Array.from({ length: maxServices + 1 }, (_, i) => `s${String(i).padStart(4, '0')}`);
    const usage = await countUsage(stateWith(names.map((name) => ['n', name, 'passing'] as const)));
    expect(usage.services).toBe(maxServices + 1);
    expect(usage.serviceHealth.size).toBe(maxServices);
    expect(usage.serviceHealth.has('s0500')).toBe(false);
  });
});
