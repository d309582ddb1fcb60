import { describe, expect, it } from 'vitest';
import { compare, pendingPushes, sameValue } from '../../../../src/agent/local/sync-core.ts';
import { Node } from '../../../../src/structs/catalog.ts';
import { make } from '../../../../src/structs/make.ts';
import { checkNamed, localAgent, localNode, serviceWithId } from './support.ts';

const remoteNode = make(Node, {
  ID: localNode.id,
  Node: 'here',
  Address: localNode.address,
  TaggedAddresses: { ...localNode.taggedAddresses },
  Meta: { ...localNode.meta },
});
const remote = (
  services = [] as ReturnType<typeof serviceWithId>[],
  checks = [] as ReturnType<typeof checkNamed>[],
) => ({
  node: remoteNode,
  services,
  checks,
});

describe('comparing with the catalog', () => {
  it('finds nothing to do when both agree, whatever empty lists look like', () => {
    const { state } = localAgent();
    state.setService(serviceWithId('web', { Tags: null, Meta: null }), '', 'api');
    state.setCheck(checkNamed('c', { ServiceID: 'web' }), null, '', 'api');
    const strays = compare(
      state,
      localNode,
      remote([serviceWithId('web', { Tags: [], Meta: {} })], [checkNamed('c', { ServiceID: 'web', ServiceTags: [] })]),
    );
    expect([...strays, ...pendingPushes(state)]).toEqual([]);
  });

  it('registers what is missing, changed or of another address, the checks of a service with it', () => {
    const { state } = localAgent();
    state.setService(serviceWithId('new'), '', 'api');
    state.setService(serviceWithId('moved', { Port: 2 }), '', 'api');
    state.setCheck(checkNamed('of-new', { ServiceID: 'new' }), null, '', 'api');
    state.setCheck(checkNamed('of-node'), null, '', 'api');
    const otherNode = { ...remoteNode, Address: '10.9.9.9' };
    const strays = compare(state, localNode, { ...remote([serviceWithId('moved', { Port: 1 })]), node: otherNode });
    const pushes = [...pendingPushes(state), ...strays].map((push) =>
      push.kind === 'register-service'
        ? [push.entry.service.ID, ...push.checks.map(({ check }) => check.CheckID)]
        : push.kind === 'register-checks'
          ? push.checks.map(({ check }) => check.CheckID)
          : push.kind,
    );
    expect(pushes).toEqual([['new', 'of-new'], ['moved'], ['of-node'], 'register-node']);
  });

  it('pushes a check apart from its service when their tokens differ', () => {
    const { state } = localAgent();
    state.nodeInSync = true;
    state.setService(serviceWithId('web'), 'token-a', 'api');
    state.setCheck(checkNamed('c', { ServiceID: 'web' }), null, 'token-b', 'api');
    expect(pendingPushes(state).map(({ kind }) => kind)).toEqual(['register-service', 'register-checks']);
  });

  it('takes away what the agent does not have, but what servers register themselves', () => {
    const { state } = localAgent();
    const strays = compare(
      state,
      localNode,
      remote(
        [serviceWithId('consul'), serviceWithId('stray')],
        [
          checkNamed('serfHealth'),
          checkNamed('of-stray', { ServiceID: 'stray' }),
          checkNamed('of-consul', { ServiceID: 'consul' }),
        ],
      ),
    );
    expect(strays).toMatchObject([
      { kind: 'deregister-service', id: 'stray' },
      { kind: 'deregister-check', id: 'of-consul' },
    ]);
  });

  it('takes over tags that others may change', () => {
    const { state } = localAgent();
    state.setService(serviceWithId('web', { EnableTagOverride: true, Tags: ['mine'] }), '', 'api');
    compare(state, localNode, remote([serviceWithId('web', { EnableTagOverride: true, Tags: ['theirs'] })]));
    expect(state.service('web')?.service.Tags).toEqual(['theirs']);
    expect(pendingPushes(state)).toEqual([]);
  });

  it('overrules tags that others may not change', () => {
    const { state } = localAgent();
    state.setService(serviceWithId('web', { Tags: ['mine'] }), '', 'api');
    compare(state, localNode, remote([serviceWithId('web', { Tags: ['theirs'] })]));
    expect(pendingPushes(state)).toMatchObject([{ kind: 'register-service' }]);
    expect(state.service('web')?.service.Tags).toEqual(['mine']);
  });

  it('lets an output differ while it is held back', () => {
    const { state } = localAgent({ checkUpdateIntervalMs: 1000 });
    state.setCheck(checkNamed('c', { Output: 'old' }), null, '', 'api');
    state.report('c', 'critical', 'new');
    compare(state, localNode, remote([], [checkNamed('c', { Output: 'old' })]));
    expect(pendingPushes(state)).toEqual([]);
    state.stop();
  });
});

describe('equality by value', () => {
  it('takes nil and empty for the same, and nothing else', () => {
    expect(sameValue(null, [])).toBe(true);
    expect(sameValue({ a: null }, { a: {} })).toBe(true);
    expect(sameValue(['a', 'b'], ['b', 'a'])).toBe(false);
    expect(sameValue({ a: 1 }, { b: 1 })).toBe(false);
    expect(sameValue(['a'], { 0: 'a' })).toBe(false);
    expect(sameValue(0, null)).toBe(false);
  });
});
