/** Commands as wholes: all or nothing, and nothing at all when nothing changes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyCommand } from '../../../../src/agent/server/fsm/apply.ts';
import { listInstances, listNodes, nodeServices } from '../../../../src/agent/state/catalog.ts';
import { serviceHealth } from '../../../../src/agent/state/health.ts';
import { resolveIndex, Store } from '../../../../src/agent/state/store.ts';
import { watchNothing } from '../../../../src/agent/state/watches.ts';
import { DeregisterRequest, HealthCheck, Node, NodeService, RegisterRequest } from '../../../../src/structs/catalog.ts';
import type { Command, CommandName } from '../../../../src/structs/commands.ts';
import { DirEntry } from '../../../../src/structs/kv.ts';
import { make } from '../../../../src/structs/make.ts';
import { Session, SessionRequest } from '../../../../src/structs/session.ts';
import { TxnOp, TxnRequest, type TxnResponse } from '../../../../src/structs/txn.ts';

const everything = { nodeMeta: null, tags: [], address: '' };

function setup() {
  const store = new Store(() => 0);
  let index = 0;
  const apply = (name: CommandName, body: unknown) => applyCommand(store, ++index, { name, body } as Command);
  const register = (request: Partial<RegisterRequest>) =>
    apply('register', make(RegisterRequest, { Node: 'n', Address: '10.0.0.1', ...request }));
  const service = (ID: string, more: Partial<NodeService> = {}) => make(NodeService, { ID, Service: ID, ...more });
  const check = (CheckID: string, more: Partial<HealthCheck> = {}) =>
    make(HealthCheck, { Node: 'n', CheckID, Name: CheckID, Status: 'passing', ...more });
  const deregister = (request: Partial<DeregisterRequest>) =>
    apply('deregister', make(DeregisterRequest, { Node: 'n', ...request }));
  /** Everything there is, rows and all indexes. */
  const dump = () => [
    [...store.state.indexes.entries()],
    ...Object.values(store.state.tables).flatMap((table) => [
      [...table.rows.entries()],
      ...Object.values(table.indexes).map((tree) => [...tree.entries()]),
    ]),
  ];
  return { store, apply, register, deregister, service, check, dump, at: () => index };
}

const verbs = (of: string[]) => fc.constantFrom(...of);
const names = fc.constantFrom('a', 'b', 'n', 'm');
const modify = fc.constantFrom(0, 1, 2, 5);
const operation = fc.oneof(
  fc
    .record({
      Verb: verbs(['set', 'delete', 'delete-tree', 'cas', 'delete-cas', 'get', 'get-tree', 'check-index', 'lock']),
      Key: fc.constantFrom('a', 'a/b', 'a/c', 'b', ''),
      ModifyIndex: modify,
    })
    .map(({ Verb, ...entry }) => make(TxnOp, { KV: { Verb, DirEnt: make(DirEntry, entry) } })),
  fc
    .record({ Verb: verbs(['set', 'cas', 'delete', 'delete-cas', 'get']), name: names, ModifyIndex: modify })
    .map(({ Verb, name, ModifyIndex }) =>
      make(TxnOp, { Node: { Verb, Node: make(Node, { Node: name, Address: `10.${ModifyIndex}`, ModifyIndex }) } }),
    ),
  fc
    .record({ Verb: verbs(['set', 'cas', 'delete', 'get']), node: names, id: names, ModifyIndex: modify })
    .map(({ Verb, node, id, ModifyIndex }) =>
      make(TxnOp, {
        Service: { Verb, Node: node, Service: make(NodeService, { ID: id, Service: `s${id}`, ModifyIndex }) },
      }),
    ),
  fc
    .record({ Verb: verbs(['set', 'delete']), node: names, id: names, Status: verbs(['passing', 'critical']) })
    .map(({ Verb, node, id, Status }) =>
      make(TxnOp, { Check: { Verb, Check: make(HealthCheck, { Node: node, CheckID: id, Status }) } }),
    ),
);

describe('commands', () => {
  it('leave everything as it was when one operation of a transaction fails', () => {
    fc.assert(
      fc.property(fc.array(fc.array(operation, { maxLength: 6 }), { maxLength: 12 }), (transactions) => {
        const { register, service, check, apply, dump } = setup();
        register({ Service: service('web'), Check: check('c') });
        const ID = '00000000-0000-4000-8000-000000000001';
        apply(
          'session',
          make(SessionRequest, { Op: 'create', Session: make(Session, { ID, Node: 'n', NodeChecks: ['c'] }) }),
        );
        for (const Ops of transactions) {
          const before = dump();
          const { Errors } = apply('txn', make(TxnRequest, { Ops })) as TxnResponse;
          if (Errors !== null) expect(dump()).toEqual(before);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('undo the node and the service when the check of a registration cannot be', () => {
    const { register, service, check, dump } = setup();
    const before = dump();
    const result = register({ Service: service('web'), Check: check('c', { ServiceID: 'missing' }) });
    expect((result as Error).message).toBe('failed inserting check: Missing service registration on node "n"');
    expect(dump()).toEqual(before);
  });

  it('change no index when the same is registered again', () => {
    const { register, service, check, dump } = setup();
    const request = {
      Service: service('web', { Tags: ['a'] }),
      Checks: [check('c'), check('w', { ServiceID: 'web' })],
    };
    register(request);
    const before = dump();
    register(request);
    expect(dump()).toEqual(before);
  });
});

describe('the catalog', () => {
  const instances = ({ store }: ReturnType<typeof setup>, name: string) => {
    const { index, instances: found } = listInstances(store.state, watchNothing, name, false, everything);
    return { index: resolveIndex(store.state, index), ids: found.map((one) => one.ServiceID) };
  };

  it('reports of a service the index of its own last change, health included', () => {
    const world = setup();
    world.register({ Service: world.service('web') });
    world.register({ Service: world.service('db') });
    expect(instances(world, 'web')).toEqual({ index: 1, ids: ['web'] });
    world.register({ Check: world.check('node-check') });
    expect(instances(world, 'web').index).toBe(3);
    world.register({ Check: world.check('db-check', { ServiceID: 'db' }) });
    expect(instances(world, 'web').index).toBe(3);
    expect(instances(world, 'db').index).toBe(4);
  });

  it('reports of a service that is gone the index at which the last one went', () => {
    const world = setup();
    world.register({ Service: world.service('web') });
    expect(instances(world, 'never')).toEqual({ index: 1, ids: [] });
    world.deregister({ ServiceID: 'web' });
    world.register({ Service: world.service('other') });
    expect(instances(world, 'web')).toEqual({ index: 2, ids: [] });
    expect(instances(world, 'never')).toEqual({ index: 2, ids: [] });
  });

  it('takes services, checks, coordinates and sessions away with their node', () => {
    const world = setup();
    world.register({ Service: world.service('web'), Check: world.check('c') });
    world.apply('coordinateBatch', [
      { Node: 'n', Segment: '', Coord: { Vec: [0], Error: 1, Adjustment: 0, Height: 0 } },
    ]);
    const ID = '00000000-0000-4000-8000-000000000001';
    world.apply('session', make(SessionRequest, { Op: 'create', Session: make(Session, { ID, Node: 'n' }) }));
    world.deregister({});
    for (const table of Object.values(world.store.state.tables)) {
      expect(table.rows.size).toBe(0);
      for (const tree of Object.values(table.indexes)) expect(tree.size).toBe(0);
    }
  });

  it('gives a name to one living node at a time', () => {
    const [A, B] = ['aaaaaaaa-0000-4000-8000-00000000000a', 'aaaaaaaa-0000-4000-8000-00000000000b'];
    const world = setup();
    world.register({ ID: A, Check: world.check('serfHealth') });
    const taken = world.register({ ID: B, Address: '10.0.0.2' });
    expect((taken as Error).message).toBe(
      `Error while renaming Node ID: "${B}": Node name n is reserved by node ${A} with name n (10.0.0.1)`,
    );
    world.register({ ID: A, Check: world.check('serfHealth', { Status: 'critical' }) });
    expect(world.register({ ID: B, Address: '10.0.0.2' })).toBeNull();
  });

  it('moves a node to a new name by its ID', () => {
    const ID = 'aaaaaaaa-0000-4000-8000-00000000000a';
    const world = setup();
    world.register({ ID, Service: world.service('web') });
    world.register({ ID, Node: 'renamed' });
    expect(listNodes(world.store.state, watchNothing, null).nodes).toMatchObject([
      { Node: 'renamed', CreateIndex: 1, ModifyIndex: 2 },
    ]);
    expect(nodeServices(world.store.state, watchNothing, 'aaaaaaaa-0').node?.Node).toBe('renamed');
    expect(nodeServices(world.store.state, watchNothing, 'n').node).toBeNull();
  });

  it('shows with every instance the checks of its node and its own', () => {
    const world = setup();
    world.register({
      Service: world.service('web'),
      Checks: [world.check('node'), world.check('own', { ServiceID: 'web' })],
    });
    world.register({ Service: world.service('db'), Check: world.check('other', { ServiceID: 'db' }) });
    const { instances: found } = serviceHealth(world.store.state, watchNothing, 'WEB', 'service', everything);
    expect(found.map((one) => one.Checks?.map((one) => one.CheckID))).toEqual([['node', 'own']]);
  });
});
