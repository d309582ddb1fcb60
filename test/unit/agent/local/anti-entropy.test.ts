import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errors, RpcError } from '../../../../src/agent/errors.ts';
import { intervalScale, startAntiEntropy } from '../../../../src/agent/local/anti-entropy.ts';
import { sameValue } from '../../../../src/agent/local/sync-core.ts';
import type { Logger } from '../../../../src/agent/telemetry/api.ts';
import { silentLogger } from '../../../../src/agent/telemetry/logger.ts';
import { Stream } from '../../../sim/prng.ts';
import { checkNamed, type Local, localAgent, localNode, serviceWithId, settle } from './support.ts';

function start(local: Local, seed = 1, logger: Logger = silentLogger) {
  return startAntiEntropy({
    state: local.state,
    datacenter: 'dc1',
    node: () => localNode,
    clusterSize: () => 3,
    rpc: local.catalog,
    runtime: { clock: local.clock, random: new Stream(seed, 'sync') },
    logger,
  });
}

/** The catalog holds what the agent knows, and nothing else. */
function expectAgreement({ state, catalog }: Local): void {
  expect([...catalog.services.keys()].sort()).toEqual(
    state
      .services()
      .map(({ service }) => service.ID)
      .sort(),
  );
  expect([...catalog.checks.keys()].sort()).toEqual(
    state
      .checks()
      .map(({ check }) => check.CheckID)
      .sort(),
  );
  for (const { service } of state.services()) {
    expect(sameValue(catalog.services.get(service.ID), service), service.ID).toBe(true);
  }
  for (const { check } of state.checks()) {
    expect(sameValue(catalog.checks.get(check.CheckID), check), check.CheckID).toBe(true);
  }
}

describe('anti-entropy', () => {
  it('registers the node at once, and pushes what changes at once', async () => {
    const local = localAgent();
    const sync = start(local);
    await settle();
    expect(local.catalog.node).toMatchObject({ ID: localNode.id, Address: '10.0.0.1', Meta: { rack: 'a' } });
    local.catalog.requests.length = 0;
    local.state.setService(serviceWithId('web'), '', 'api');
    local.state.setCheck(checkNamed('c', { ServiceID: 'web' }), null, '', 'api');
    await settle();
    expectAgreement(local);
    expect(local.catalog.requests).toEqual(['Catalog.Register']);
    sync.stop();
  });

  it('acts with the token of each registration, in leaving as in coming, and with none of theirs for the rest', async () => {
    const local = localAgent();
    const acted: unknown[] = [];
    const { call } = local.catalog;
    local.catalog.call = (method, args) => {
      const { Service, Checks, ServiceID, CheckID, Token } = args as Record<string, unknown>;
      const what = [ServiceID ?? (Service as { ID: string } | undefined)?.ID, CheckID];
      const checks = (Checks as { CheckID: string }[] | undefined)?.map((one) => one.CheckID) ?? [];
      if (/Register|Deregister/.test(method))
        acted.push([method.slice(8), ...[...what, ...checks].filter(Boolean), Token]);
      return call.call(local.catalog, method, args);
    };
    const sync = start(local);
    await settle();
    expect(acted.splice(0)).toEqual([['Register', undefined]]);
    local.state.setService(serviceWithId('web'), 'of-web', 'api');
    local.state.setService(serviceWithId('db'), 'of-db', 'api');
    local.state.setCheck(checkNamed('c-web', { ServiceID: 'web' }), null, 'of-web', 'api');
    local.state.setCheck(checkNamed('c-db', { ServiceID: 'db' }), null, 'of-check', 'api');
    await settle();
    expect(acted.splice(0)).toEqual([
      ['Register', 'web', 'c-web', 'of-web'],
      ['Register', 'db', 'of-db'],
      ['Register', 'c-db', 'of-check'],
    ]);
    local.state.removeService('web');
    local.state.removeCheck('c-web');
    local.state.removeCheck('c-db');
    await settle();
    expect(acted.splice(0)).toEqual([
      ['Deregister', 'web', 'of-web'],
      ['Deregister', 'c-db', 'of-check'],
    ]);
    local.catalog.services.set('stray', serviceWithId('stray'));
    sync.trigger();
    await settle();
    expect(acted).toEqual([['Deregister', 'stray', '']]);
    sync.stop();
  });

  it('repairs within about two minutes what somebody did to the catalog', async () => {
    const local = localAgent();
    const sync = start(local);
    local.state.setService(serviceWithId('web'), '', 'api');
    await settle();
    local.catalog.services.delete('web');
    local.catalog.services.set('stray', serviceWithId('stray'));
    local.clock.advance(120_000);
    await settle();
    expectAgreement(local);
    sync.stop();
  });

  it('tries again after a failure, and complains of none before the first success', async () => {
    const local = localAgent();
    local.catalog.fault = () => ({ error: errors.noLeader() });
    const sync = start(local);
    local.state.setService(serviceWithId('web'), '', 'api');
    await settle();
    expect(local.catalog.services.size).toBe(0);
    local.catalog.fault = () => null;
    local.clock.advance(50);
    await settle();
    expectAgreement(local);
    local.catalog.fault = () => ({ error: errors.noLeader() });
    local.state.removeService('web');
    await settle();
    expect(local.catalog.services.size).toBe(1);
    local.catalog.fault = () => null;
    local.clock.advance(30_000);
    await settle();
    expectAgreement(local);
    expect([...local.state.serviceEntries()]).toEqual([]);
    sync.stop();
  });

  it('complains once when the first success is not soon, however slowly the tries fail', async () => {
    const local = localAgent();
    local.catalog.fault = () => ({ error: errors.noLeader() });
    const told: unknown[] = [];
    const logger: Logger = { ...silentLogger, named: () => logger, error: (...said: unknown[]) => told.push(said) };
    const sync = start(local, 1, logger);
    for (let seconds = 0; seconds < 9; seconds++) {
      await settle();
      local.clock.advance(1000);
    }
    expect(told).toEqual([]);
    for (let seconds = 0; seconds < 90; seconds++) {
      await settle();
      local.clock.advance(1000);
    }
    expect(told).toEqual([['failed to sync remote state', { error: 'No cluster leader' }]]);
    sync.stop();
  });

  it('does not ask again and again for what ACLs forbid', async () => {
    const local = localAgent();
    const sync = start(local);
    await settle();
    local.catalog.fault = (method) => (method === 'Catalog.Register' ? { error: errors.permissionDenied() } : null);
    local.state.setService(serviceWithId('web'), '', 'api');
    await settle();
    const asked = local.catalog.requests.length;
    local.state.setCheck(checkNamed('c'), null, '', 'api');
    await settle();
    expect(local.catalog.requests.length).toBe(asked + 1);
    sync.stop();
  });

  it('pushes again what changed while it was on its way', async () => {
    const local = localAgent();
    const sync = start(local);
    await settle();
    let once = true;
    local.catalog.fault = () => {
      if (once) {
        once = false;
        local.state.setService(serviceWithId('web', { Port: 2 }), '', 'api');
      }
      return null;
    };
    local.state.setService(serviceWithId('web', { Port: 1 }), '', 'api');
    await settle();
    expect(local.catalog.services.get('web')?.Port).toBe(2);
    sync.stop();
  });

  it('leaves no timer behind and asks nothing more', async () => {
    const local = localAgent();
    const sync = start(local);
    await settle();
    sync.stop();
    local.state.setService(serviceWithId('web'), '', 'api');
    await settle();
    expect(local.clock.timerCount).toBe(0);
    expect(local.catalog.services.size).toBe(0);
  });

  it('ends with the truth, whatever failed on the way', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('service' as const), id: fc.integer({ min: 0, max: 3 }), port: fc.nat(3) }),
      fc.record({ do: fc.constant('remove' as const), id: fc.integer({ min: 0, max: 3 }) }),
      fc.record({
        do: fc.constant('check' as const),
        id: fc.integer({ min: 0, max: 4 }),
        of: fc.integer({ min: -1, max: 3 }),
        token: fc.constantFrom('', 't'),
      }),
      fc.record({ do: fc.constant('uncheck' as const), id: fc.integer({ min: 0, max: 4 }) }),
      fc.record({ do: fc.constant('fault' as const), kind: fc.constantFrom('before', 'after', 'none') }),
      fc.record({ do: fc.constant('meddle' as const), id: fc.integer({ min: 0, max: 5 }) }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1000, 60_000, 120_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const local = localAgent();
        const { state, catalog, clock } = local;
        const sync = start(local);
        for (const one of steps) {
          if (one.do === 'service') state.setService(serviceWithId(`s${one.id}`, { Port: one.port }), '', 'api');
          else if (one.do === 'check') {
            const ServiceID = one.of < 0 || state.service(`s${one.of}`) === undefined ? '' : `s${one.of}`;
            state.setCheck(checkNamed(`c${one.id}`, { ServiceID }), null, one.token, 'api');
          } else if (one.do === 'remove') {
            // As the registry does: a service takes its checks along.
            state.removeService(`s${one.id}`);
            for (const { check } of state.checks())
              if (check.ServiceID === `s${one.id}`) state.removeCheck(check.CheckID);
          } else if (one.do === 'uncheck') state.removeCheck(`c${one.id}`);
          else if (one.do === 'fault') {
            const fault = { error: new RpcError('rpc error: broken pipe'), afterwards: one.kind === 'after' };
            catalog.fault = () => (one.kind === 'none' ? null : fault);
          } else if (one.do === 'meddle') {
            catalog.services.delete(`s${one.id}`);
            for (const [id, check] of catalog.checks) if (check.ServiceID === `s${one.id}`) catalog.checks.delete(id);
            catalog.services.set(`x${one.id}`, serviceWithId(`x${one.id}`));
          } else clock.advance(one.ms);
          if (one.do === 'wait') await settle();
        }
        catalog.fault = () => null;
        for (let i = 0; i < 3; i++) {
          clock.advance(120_000);
          await settle();
        }
        expectAgreement(local);
        sync.stop();
        expect(clock.timerCount).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the pause between comparisons', () => {
  it('grows with the cluster as documented', () => {
    expect([1, 128, 129, 256, 257, 512, 4096, 10_000].map(intervalScale)).toEqual([1, 1, 2, 2, 3, 3, 6, 8]);
  });
});
