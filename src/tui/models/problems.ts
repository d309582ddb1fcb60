/** What is wrong right now, the worst first: each with the page that tells more. Pure. */
import type { HealthCheck } from '../../client/index.ts';
import { checkPlace, checkState } from './check.ts';
import type { DatacenterSnapshot } from './datacenter.ts';
import type { Severity } from './events.ts';
import { isServer, memberStatus } from './member.ts';
import { isUp, newestIndex, toleratedFailures } from './overview.ts';
import { instanceCount, type ServiceHealth } from './service-health.ts';

export interface Problem {
  readonly severity: Exclude<Severity, 'good'>;
  readonly text: string;
  /** Where to look: a view and its argument. */
  readonly view: string;
  readonly argument: string;
}

/** Entries behind the newest at which a server is worth a word: autopilot calls it unhealthy at 250. */
const lagWorthAWord = 200;

type Facts = Pick<DatacenterSnapshot, 'leader' | 'members' | 'checks' | 'overview'>;

export function problemsOf(facts: Facts, services: readonly ServiceHealth[]): Problem[] {
  return [
    ...raftProblems(facts),
    ...serviceProblems(services),
    ...memberProblems(facts),
    ...checkProblems(facts, services),
  ].sort((a, b) => rank[a.severity] - rank[b.severity]);
}

const rank = { bad: 0, warn: 1, info: 2 } as const;

function raftProblems({ leader, overview }: Facts): Problem[] {
  const { servers, raft } = overview;
  const raftPage = { view: 'raft', argument: '' };
  const found: Problem[] = [];
  if (leader.value === '') found.push({ severity: 'bad', text: 'No leader: nothing can be written', ...raftPage });
  const down = servers.filter((server) => !isUp(server));
  for (const { node, member } of down.slice(0, 2)) {
    found.push({
      severity: 'bad',
      text: `Server ${node} is ${member === 'alive' || member === undefined ? 'unhealthy' : member}`,
      ...raftPage,
    });
  }
  if (down.length > 2)
    found.push({ severity: 'bad', text: `${down.length} of ${servers.length} servers are down`, ...raftPage });
  if (down.length > 0 && toleratedFailures(servers) === 0) {
    found.push({ severity: 'bad', text: 'One more server lost and there is no leader', ...raftPage });
  }
  const voters = servers.filter(({ voter }) => voter).length;
  if (voters === 2 && down.length === 0) {
    found.push({ severity: 'warn', text: 'Two servers vote: none of them may fail', ...raftPage });
  }
  const newest = newestIndex(servers);
  for (const { node, lastIndex = newest } of servers.filter(isUp)) {
    if (newest - lastIndex > lagWorthAWord) {
      found.push({ severity: 'warn', text: `Server ${node} is ${newest - lastIndex} entries behind`, ...raftPage });
    }
  }
  if (raft !== undefined && raft.fsmPending > lagWorthAWord) {
    found.push({ severity: 'warn', text: `${raft.fsmPending} entries wait to be applied`, ...raftPage });
  }
  return found;
}

function serviceProblems(services: readonly ServiceHealth[]): Problem[] {
  const critical = services.filter(({ state }) => state === 'critical');
  const dead = critical.filter((service) => service.instances.critical === instanceCount(service));
  const hurt = critical.filter((service) => !dead.includes(service));
  const problem = (severity: 'bad' | 'warn', text: string, name: string): Problem => ({
    severity,
    text,
    view: 'service',
    argument: name,
  });
  return [
    ...several(
      dead,
      ({ name, instances }) => problem('bad', `Service ${name} is down: ${all(instances.critical)} critical`, name),
      'services are down',
    ),
    ...several(
      hurt,
      (service) =>
        problem(
          'bad',
          `Service ${service.name}: ${service.instances.critical} of ${instanceCount(service)} instances critical`,
          service.name,
        ),
      'services are hurt',
    ),
  ];
}

function all(instances: number): string {
  return instances === 1 ? 'its only instance is' : `all ${instances} instances are`;
}

/** Up to three by name; more as one line that leads to all. */
function several(
  services: readonly ServiceHealth[],
  one: (service: ServiceHealth) => Problem,
  many: string,
): Problem[] {
  if (services.length <= 3) return services.map(one);
  return [
    {
      severity: 'bad',
      text: `${services.length} ${many}: ${services
        .slice(0, 3)
        .map(({ name }) => name)
        .join(', ')} …`,
      view: 'services',
      argument: 'state:critical',
    },
  ];
}

function memberProblems({ members, overview }: Facts): Problem[] {
  const servers = new Set(overview.servers.map(({ node }) => node));
  const failed = (members.value ?? []).filter(
    (member) => memberStatus(member) === 'failed' && !(isServer(member) && servers.has(member.Name)),
  );
  if (failed.length > 2) {
    const names = failed.slice(0, 3).map(({ Name }) => Name);
    return [
      {
        severity: 'bad',
        text: `${failed.length} members failed: ${names.join(', ')}${failed.length > 3 ? ' …' : ''}`,
        view: 'members',
        argument: 'state:failed',
      },
    ];
  }
  return failed.map(({ Name }) => ({ severity: 'bad', text: `Member ${Name} failed`, view: 'node', argument: Name }));
}

/** Checks that no line above tells of: those of nodes, and warnings. */
function checkProblems({ checks, members }: Facts, services: readonly ServiceHealth[]): Problem[] {
  const failed = new Set(
    (members.value ?? []).filter((member) => memberStatus(member) === 'failed').map(({ Name }) => Name),
  );
  const all = checks.value ?? [];
  const critical = all.filter(
    (check) => checkState(check) === 'critical' && check.ServiceName === '' && !failed.has(check.Node),
  );
  const warning = all.filter((check) => checkState(check) === 'warning');
  const listed = new Set(services.map(({ name }) => name));
  const place = (check: HealthCheck): Pick<Problem, 'view' | 'argument'> =>
    check.ServiceName !== '' && listed.has(check.ServiceName)
      ? { view: 'service', argument: check.ServiceName }
      : { view: 'node', argument: check.Node };
  const tell = (found: readonly HealthCheck[], severity: 'bad' | 'warn', word: string): Problem[] =>
    found.length > 2
      ? [
          {
            severity,
            text: `${found.length} checks ${word}`,
            view: 'checks',
            argument: `state:${severity === 'bad' ? 'critical' : 'warning'}`,
          },
        ]
      : found.map((check) => ({
          severity,
          text: `Check ${check.Name} of ${checkPlace(check)} ${word}`,
          ...place(check),
        }));
  return [...tell(critical, 'bad', 'critical'), ...tell(warning, 'warn', 'warning')];
}
