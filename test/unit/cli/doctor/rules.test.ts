import { describe, expect, it } from 'vitest';
import * as rules from '../../../../src/cli/doctor/cluster-rules.ts';
import { exitCodeOf, type Finding, renderFindings } from '../../../../src/cli/doctor/finding.ts';
import type { AutopilotServerHealth, KeyringEntry } from '../../../../src/client/operator-types.ts';
import type { AgentMember, CatalogNode, HealthCheck } from '../../../../src/client/types.ts';

const server = (Name: string, more: Partial<AutopilotServerHealth> = {}): AutopilotServerHealth => ({
  ...{ ID: Name, Name, Address: '', SerfStatus: 'alive', Version: '1.10.7', Leader: false, LastContact: '0s' },
  ...{ LastTerm: 2, LastIndex: 1000, Healthy: true, Voter: true, StableSince: '' },
  ...more,
});
const servers = (alive: number, failed: number) => [
  ...Array.from({ length: alive }, (_, i) => server(`a${i}`)),
  ...Array.from({ length: failed }, (_, i) => server(`f${i}`, { SerfStatus: 'failed' })),
];
const severities = (findings: readonly Finding[]) => findings.map(({ severity }) => severity);

describe('quorum', () => {
  it.each([
    [3, 0, ['ok']],
    [5, 1, ['ok', 'warning']],
    [3, 2, ['warning']],
    [2, 1, ['warning']],
    [1, 2, ['error']],
    [1, 0, ['warning']],
    [4, 0, ['ok', 'warning']],
  ])('of %i alive and %i failed voters', (alive, failed, expected) => {
    expect(severities(rules.checkQuorum(servers(alive, failed)))).toEqual(expected);
  });

  it('does not count servers that have no vote', () => {
    expect(rules.checkQuorum([...servers(3, 0), server('n', { Voter: false, SerfStatus: 'failed' })])).toEqual([
      { check: 'quorum', severity: 'ok', message: '3 of 3 voters alive, 2 needed: 1 more may fail' },
    ]);
  });

  it('names who is to be started', () => {
    expect(rules.checkQuorum(servers(1, 2))[0]?.fix).toContain('f0, f1');
  });
});

it('lag is told for those alone that lag, by how much', () => {
  expect(severities(rules.checkLag(servers(3, 0)))).toEqual(['ok']);
  const lagging = [...servers(2, 0), server('slow', { LastIndex: 700 }), server('lost', { LastIndex: -20_000 })];
  expect(rules.checkLag(lagging).map(({ severity, message }) => [severity, message])).toEqual([
    ['warning', 'slow is 300 entries behind'],
    ['error', 'lost is 21000 entries behind'],
  ]);
});

it('different versions are a warning', () => {
  expect(severities(rules.checkVersions(servers(3, 0)))).toEqual(['ok']);
  expect(rules.checkVersions([server('a'), server('b', { Version: '1.9.0' })])[0]?.message).toBe(
    'servers differ: 1.10.7: a; 1.9.0: b',
  );
});

it('failed members are named, those that left are not', () => {
  const member = (Name: string, Status: number): AgentMember => ({ Name, Status, Addr: '', Port: 1, Tags: {} });
  expect(rules.checkMembers([member('a', 1), member('b', 4), member('c', 3)]).map(({ fix }) => fix)).toEqual([
    'start it again, or: tc force-leave b',
  ]);
});

it('nodes whose agent is gone are orphans; those registered by hand are not', () => {
  const node = (Node: string) => ({ Node, Datacenter: 'dc1' }) as CatalogNode;
  const serf = (Node: string) => ({ Node, CheckID: 'serfHealth' }) as HealthCheck;
  const members = [{ Name: 'a' }] as AgentMember[];
  const found = rules.checkOrphans([node('a'), node('old'), node('ext')], [serf('a'), serf('old')], members);
  expect(found).toHaveLength(1);
  expect(found[0]?.fix).toBe(
    `curl -X PUT -d '{"Datacenter":"dc1","Node":"old"}' $CONSUL_HTTP_ADDR/v1/catalog/deregister`,
  );
});

it('keys that are not everywhere, or more than one, are told', () => {
  const ring = (Keys: Record<string, number>) => ({ Keys, NumNodes: 3, WAN: false, Datacenter: 'dc1' }) as KeyringEntry;
  expect(severities(rules.checkGossipKeys([ring({ k: 3 })]))).toEqual(['ok']);
  expect(severities(rules.checkGossipKeys([ring({ k: 2 })]))).toEqual(['warning']);
  expect(severities(rules.checkGossipKeys([ring({ k: 3, l: 3 })]))).toEqual(['note']);
});

it('large values are told, the largest first, at most five by name', () => {
  expect(severities(rules.checkKeySizes([], 10))).toEqual(['ok']);
  const large = Array.from({ length: 7 }, (_, i) => ({ key: `k${i}`, sizeBytes: (i + 1) * 110 * 1024 }));
  const found = rules.checkKeySizes(large, 10);
  expect(found.map(({ message }) => message)).toEqual([
    ...['"k6" has 770 KB', '"k5" has 660 KB', '"k4" has 550 KB', '"k3" has 440 KB', '"k2" has 330 KB'],
    'and 2 more large keys',
  ]);
  expect(severities(found)).toEqual(['error', 'error', 'error', 'warning', 'warning', 'warning']);
});

it('a clock counts as wrong only beyond what the way may have taken', () => {
  expect(severities(rules.checkClock(900, 10))).toEqual(['ok']);
  expect(severities(rules.checkClock(-3000, 2500))).toEqual(['ok']);
  expect(rules.checkClock(-3000, 500)[0]?.message).toBe("the agent's clock is 2500 ms behind");
});

it('findings are printed with their fixes, and the worst decides the exit code', () => {
  const ok: Finding = { check: 'a', severity: 'ok', message: 'fine' };
  const bad: Finding = { check: 'bb', severity: 'error', message: 'broken', fix: 'mend it' };
  expect(renderFindings([ok, bad])).toBe(
    'ok     a   fine\nERROR  bb  broken\n  -> mend it\n\n1 errors, 0 warnings, 0 notes, 1 ok\n',
  );
  expect(renderFindings([{ ...ok, message: 'two\n\t* lines\n' }, ok])).toContain('ok  a  two * lines\nok  a  fine\n');
  expect(exitCodeOf([ok])).toBe(0);
  expect(exitCodeOf([ok, { ...bad, severity: 'note' }])).toBe(0);
  expect(exitCodeOf([ok, { ...bad, severity: 'warning' }])).toBe(1);
  expect(exitCodeOf([bad, ok])).toBe(2);
});
