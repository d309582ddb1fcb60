/** A large datacenter: 5,000 nodes, 20,000 instances of 500 services with a check each, 100,000 keys. */
import type { AgentMember, HealthCheck } from '../../../../src/client/index.ts';
import type { Query, Source, Watch } from '../../../../src/tui/source/source.ts';
import { check, member, smallDatacenter } from './fake-datacenter.ts';
import { answerOf } from './fake-source.ts';

const nodes = 5_000;
const services = 500;
const instancesPerService = 40;
const folders = 100;
const keysPerFolder = 1_000;

export interface BigSource extends Source {
  /** Some check changes; everything else stays the very same object. */
  flap(times: number): void;
  fail(node: number): void;
}

export function bigSource(): BigSource {
  const state = smallDatacenter();
  const nodeName = (index: number) => `node-${String(index).padStart(4, '0')}`;
  let members: readonly AgentMember[] = Array.from({ length: nodes }, (_, index) =>
    member(nodeName(index), `10.${index >> 8}.${index & 255}.1`),
  );
  let checks: HealthCheck[] = members.map(({ Name }) =>
    check(Name, 'serfHealth', 'passing', { Output: 'Agent alive and reachable' }),
  );
  for (let service = 0; service < services; service++) {
    for (let instance = 0; instance < instancesPerService; instance++) {
      const name = `service-${String(service).padStart(3, '0')}`;
      const id = `${name}-${instance}`;
      checks.push(
        check(
          nodeName((service * 37 + instance * 101) % nodes),
          `service:${id}`,
          (service * instance) % 97 === 1 ? 'critical' : 'passing',
          {
            Name: 'HTTP on port 8080',
            ServiceID: id,
            ServiceName: name,
            ServiceTags: ['v1', `zone-${service % 3}`],
            Output: `HTTP GET http://10.0.0.1:8080/health: 200 OK Output: ${'all is well '.repeat(8)}`,
          },
        ),
      );
    }
  }
  state.services = Object.fromEntries(
    Array.from({ length: services }, (_, index) => [
      `service-${String(index).padStart(3, '0')}`,
      ['v1', `zone-${index % 3}`],
    ]),
  );
  state.coordinates = members.map(({ Name }, index) => ({
    Node: Name,
    Segment: '',
    Coord: {
      Vec: Array.from({ length: 8 }, (_, axis) => 0.01 * Math.sin(index * (axis + 1))),
      Error: 0.1,
      Adjustment: 0,
      Height: 0.0001,
    },
  }));
  const root = Array.from({ length: folders }, (_, index) => `folder-${String(index).padStart(3, '0')}/`);
  const inFolder = (prefix: string) =>
    Array.from({ length: keysPerFolder }, (_, index) => `${prefix}key-${String(index).padStart(4, '0')}`);
  let wake = Promise.withResolvers<void>();
  const wakeUp = () => {
    wake.resolve();
    wake = Promise.withResolvers();
  };

  function answer(query: Query<unknown>): unknown {
    if (query.path === '/v1/agent/members') return members;
    if (query.path === '/v1/health/state/any') return checks;
    if (query.path.startsWith('/v1/kv/') && query.params?.['separator'] !== undefined) {
      const prefix = query.path.slice('/v1/kv/'.length);
      return prefix === '' ? root : inFolder(prefix);
    }
    return answerOf(state, query);
  }

  return {
    address: 'http://10.0.0.1:8500',
    read: async (query) => query.parse(answer(query)),
    async *follow<T>(query: Query<T>, signal: AbortSignal): Watch<T> {
      const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      let last: { readonly json: unknown; readonly value: T } | undefined;
      while (!signal.aborted) {
        const { promise } = wake;
        const json = answer(query);
        if (last === undefined || last.json !== json) last = { json, value: query.parse(json) };
        yield { kind: 'value', value: last.value, index: 1, knownLeader: true };
        await Promise.race([promise, aborted]);
      }
    },
    async *monitor() {},
    write: async () => true,
    download: async () => (async function* () {})(),
    flap(times) {
      checks = checks.slice();
      for (let index = 0; index < times; index++) {
        const at = (index * 7919) % checks.length;
        const old = checks[at]!;
        checks[at] = { ...old, Status: old.Status === 'passing' ? 'critical' : 'passing' };
      }
      wakeUp();
    },
    fail(node) {
      members = members.map((each, index) => (index === node ? { ...each, Status: 4 } : each));
      wakeUp();
    },
  };
}
