import { describe, expect, it } from 'vitest';
import { overviewOf } from '../../../../src/tui/models/overview.ts';
import { problemsOf } from '../../../../src/tui/models/problems.ts';
import { instanceCount, serviceHealth } from '../../../../src/tui/models/service-health.ts';
import { check, type FakeDatacenter, member, smallDatacenter } from '../support/fake-datacenter.ts';

const serviceCheck = (service: string, node: string, status: string) =>
  check(node, `service:${service}`, status, { ServiceName: service, ServiceID: `${service}-${node}` });

function problems(change: (state: FakeDatacenter) => void): string[] {
  const state = smallDatacenter();
  state.members = state.members.slice(0, 4);
  state.checks = [];
  change(state);
  const live = <T>(value: T) => ({ link: { kind: 'live', sinceMs: 0 }, value, confirmedMs: 0 }) as const;
  const { self, leader, members, raft, autopilot, services, checks, metrics } = state;
  const overview = overviewOf({ self, leader, members, raft, autopilot, services, checks, metrics });
  const facts = { leader: live(leader), members: live(members), checks: live(checks), overview };
  return problemsOf(facts, serviceHealth(services, checks)).map(
    ({ severity, text, view, argument }) => `${severity} ${text} [${[view, argument].filter(Boolean).join(' ')}]`,
  );
}

describe('what is wrong right now', () => {
  it('is nothing where nothing is wrong', () => {
    expect(problems(() => {})).toEqual([]);
  });

  it('is a leader that is missing, before all else', () => {
    const found = problems((state) => {
      state.leader = '';
      state.checks = [serviceCheck('web', 'n1', 'warning')];
    });
    expect(found).toEqual([
      'bad No leader: nothing can be written [raft]',
      'warn Check service:web of web on n1 warning [service web]',
    ]);
  });

  it('is a server that is down, and what that means for the next one', () => {
    const found = problems((state) => {
      state.members = state.members.map((each) => (each.Name === 'consul-server02' ? { ...each, Status: 4 } : each));
    });
    expect(found).toEqual([
      'bad Server consul-server02 is failed [raft]',
      'bad One more server lost and there is no leader [raft]',
    ]);
  });

  it('is a server that lags behind', () => {
    const found = problems((state) => {
      const [first, ...rest] = state.autopilot.Servers;
      state.autopilot = { ...state.autopilot, Servers: [{ ...first!, LastIndex: 200_000 }, ...rest] };
    });
    expect(found[0]).toBe('warn Server consul-server02 is 95809 entries behind [raft]');
  });

  it('is not a server of which a new leader knows no index yet', () => {
    const found = problems((state) => {
      const [first, ...rest] = state.autopilot.Servers;
      state.autopilot = {
        ...state.autopilot,
        Servers: [first!, ...rest.map((server) => ({ ...server, LastIndex: 0 }))],
      };
    });
    expect(found.filter((text) => text.includes('behind'))).toEqual([]);
  });

  it('is a service without any instance that passes, before one that lost some', () => {
    const found = problems((state) => {
      state.services = { db: [], web: [] };
      state.checks = [
        serviceCheck('web', 'n1', 'critical'),
        serviceCheck('web', 'n2', 'passing'),
        serviceCheck('db', 'n1', 'critical'),
      ];
    });
    expect(found).toEqual([
      'bad Service db is down: its only instance is critical [service db]',
      'bad Service web: 1 of 2 instances critical [service web]',
    ]);
  });

  it('is told in numbers where it is much', () => {
    const found = problems((state) => {
      const names = Array.from({ length: 9 }, (_, index) => `s${index}`);
      state.services = Object.fromEntries(names.map((name) => [name, []]));
      state.checks = names.map((name) => serviceCheck(name, 'n1', 'critical'));
      state.members = [
        ...state.members,
        ...['a', 'b', 'c', 'd'].map((name) => member(name, '10.9.9.9', { Status: 4 })),
      ];
    });
    expect(found).toEqual([
      'bad 9 services are down: s0, s1, s2 … [services state:critical]',
      'bad 4 members failed: a, b, c … [members state:failed]',
    ]);
  });
});

describe('the health of services', () => {
  it('takes instances on sick nodes for as sick as their node, worst first', () => {
    const rows = serviceHealth({ web: ['v1'], db: [], consul: [] }, [
      check('n1', 'serfHealth', 'critical'),
      check('n2', '_node_maintenance', 'critical'),
      serviceCheck('web', 'n1', 'passing'),
      serviceCheck('web', 'n2', 'passing'),
      serviceCheck('web', 'n3', 'warning'),
      serviceCheck('db', 'n3', 'passing'),
    ]);
    expect(rows.map(({ name, state }) => `${name} ${state}`)).toEqual(['web critical', 'consul passing', 'db passing']);
    expect(rows[0]!.instances).toEqual({ passing: 0, warning: 1, critical: 1, maintenance: 1 });
    expect(rows.map(instanceCount)).toEqual([3, 0, 1]);
  });
});
