import { describe, expect, it } from 'vitest';
import { CheckDefinition } from '../../../../src/agent/local/definitions.ts';
import { setNodeMaintenance, setServiceMaintenance } from '../../../../src/agent/local/maintenance.ts';
import type {
  PersistedCheck,
  PersistedCheckState,
  PersistedService,
  Persistence,
} from '../../../../src/agent/local/persistence.ts';
import { overdueServices, startReaper } from '../../../../src/agent/local/reaper.ts';
import { silentLogger } from '../../../../src/agent/telemetry/logger.ts';
import { CheckType, ServiceConnect } from '../../../../src/structs/catalog.ts';
import { make } from '../../../../src/structs/make.ts';
import { localAgent, serviceNamed, settle, ttlCheck } from './support.ts';

const checkDefinition = (Name: string, more: Partial<CheckDefinition> = {}): CheckDefinition =>
  make(CheckDefinition, { Name, TTL: 60e9, ...more });

const withSidecar = (name: string, port = 0) =>
  serviceNamed(name, { Connect: make(ServiceConnect, { SidecarService: serviceNamed('', { Port: port }) }) });

function memoryPersistence() {
  const services = new Map<string, PersistedService>();
  const checks = new Map<string, PersistedCheck>();
  const states = new Map<string, PersistedCheckState>();
  const persistence: Persistence = {
    load: async () => ({
      services: [...services.values()],
      checks: [...checks.values()],
      states: [...states.values()],
    }),
    saveService: async (one) => void services.set(one.Service!.ID, one),
    removeService: async (id) => void services.delete(id),
    saveCheck: async (one) => void checks.set(one.Check!.CheckID, one),
    removeCheck: async (id) => {
      checks.delete(id);
      states.delete(id);
    },
    saveState: async (one) => void states.set(one.CheckID, one),
  };
  return { persistence, services, checks, states };
}

describe('deregistering', () => {
  it('takes a service and its checks away in one turn, however slow the disk is', async () => {
    const memory = memoryPersistence();
    const disk = Promise.withResolvers<void>();
    const persistence: Persistence = { ...memory.persistence, removeService: () => disk.promise };
    const { registry, state } = localAgent({ persistence });
    await registry.registerService(serviceNamed('web', { Checks: [ttlCheck({ CheckID: 'a' })] }), '', false);
    const removed = registry.deregisterService('web');
    await settle();
    expect([state.services(), state.checks()]).toEqual([[], []]);
    disk.resolve();
    expect(await removed).toBe(true);
    expect(memory.checks.size).toBe(0);
    registry.stop();
  });
});

describe('registering', () => {
  it('numbers the checks of a service when there are several, and leaves ids that were given', async () => {
    const { registry, state } = localAgent();
    const Checks = [ttlCheck(), ttlCheck({ CheckID: 'own' })];
    await registry.registerService(serviceNamed('web', { Check: ttlCheck({ Name: 'first' }), Checks }), '', false);
    expect(state.checks().map(({ check }) => [check.CheckID, check.Name, check.Type])).toEqual([
      ['service:web:1', 'first', 'ttl'],
      ['service:web:2', "Service 'web' check", 'ttl'],
      ['own', "Service 'web' check", 'ttl'],
    ]);
    registry.stop();
  });

  it('keeps the checks it is not told of, unless they are to be replaced', async () => {
    const { registry, state } = localAgent();
    await registry.registerService(serviceNamed('web', { Checks: [ttlCheck({ CheckID: 'a' })] }), '', false);
    await registry.registerService(serviceNamed('web', { Checks: [ttlCheck({ CheckID: 'b' })] }), '', false);
    expect(state.checks().map(({ check }) => check.CheckID)).toEqual(['a', 'b']);
    await registry.registerService(serviceNamed('web', { Checks: [ttlCheck({ CheckID: 'c' })] }), '', true);
    expect(state.checks().map(({ check }) => check.CheckID)).toEqual(['c']);
    registry.stop();
  });

  it('knows the health of a check that is registered again', async () => {
    const { registry, state } = localAgent();
    const definition = serviceNamed('web', { Checks: [ttlCheck({ CheckID: 'a' })] });
    await registry.registerService(definition, '', false);
    await registry.updateTtl('a', 'passing', 'fine');
    await registry.registerService(definition, '', false);
    expect(state.check('a')?.check).toMatchObject({ Status: 'passing', Output: 'fine' });
    registry.stop();
  });

  it('gives a service a sidecar with checks and a free port, and takes it away with the service', async () => {
    const { registry, state } = localAgent();
    await registry.registerService(withSidecar('web'), 'secret', false);
    await registry.registerService(withSidecar('api'), '', false);
    await registry.registerService(withSidecar('web'), 'secret', false);
    const ports = state.services().map(({ service, token }) => [service.ID, service.Port, token]);
    expect(ports).toEqual([
      ['web', 0, 'secret'],
      ['web-sidecar-proxy', 21_000, 'secret'],
      ['api', 0, ''],
      ['api-sidecar-proxy', 21_001, ''],
    ]);
    await registry.deregisterService('web');
    expect(state.services().map(({ service }) => service.ID)).toEqual(['api', 'api-sidecar-proxy']);
    expect(state.checks().every(({ check }) => check.ServiceID === 'api-sidecar-proxy')).toBe(true);
    registry.stop();
  });

  it('refuses a sidecar when no port is left, and registers nothing then', async () => {
    const { registry, state } = localAgent();
    for (const name of ['a', 'b', 'c']) await registry.registerService(withSidecar(name), '', false);
    await expect(registry.registerService(withSidecar('d'), '', false)).rejects.toThrow(
      'none left in the configured range [21000, 21002]',
    );
    expect(state.service('d')).toBeUndefined();
    registry.stop();
  });

  it('runs no scripts of the network unless the operator allows it, and registers nothing then', async () => {
    const { registry, state } = localAgent();
    const script = make(CheckType, { ScriptArgs: ['/bin/true'], Interval: 1e9 });
    await expect(registry.registerService(serviceNamed('web', { Check: script }), '', false)).rejects.toThrow(
      "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true",
    );
    const sneaky = serviceNamed('web', {
      Connect: make(ServiceConnect, { SidecarService: serviceNamed('', { Checks: [script] }) }),
    });
    await expect(registry.registerService(sneaky, '', false)).rejects.toThrow('Scripts are disabled');
    const definition = checkDefinition('c', { TTL: 0, ScriptArgs: ['/bin/true'], Interval: 1e9 });
    await expect(registry.registerCheck(definition, '')).rejects.toThrow('Scripts are disabled');
    expect(state.services()).toEqual([]);
    expect(state.checks()).toEqual([]);
    registry.stop();
  });

  it('refuses a check of a service that is not there', async () => {
    const { registry, state } = localAgent();
    await expect(registry.registerCheck(checkDefinition('c', { ServiceID: 'none' }), '')).rejects.toThrow(
      'ServiceID "none" does not exist',
    );
    expect(state.checks()).toEqual([]);
    registry.stop();
  });

  it('changes nothing when it cannot be kept', async () => {
    const { persistence } = memoryPersistence();
    const full: Persistence = {
      ...persistence,
      saveService: () => Promise.reject(new Error('no space left on device')),
    };
    const { registry, state } = localAgent({ persistence: full });
    await expect(registry.registerService(serviceNamed('web'), '', false)).rejects.toThrow('no space left');
    expect(state.services()).toEqual([]);
    // The next one is not held up by it.
    await expect(registry.deregisterService('web')).resolves.toBe(false);
    registry.stop();
  });
});

describe('TTL checks', () => {
  it('take reports, and are critical when none comes in time', async () => {
    const { registry, state, clock } = localAgent();
    await registry.registerCheck(checkDefinition('c', { TTL: 1e9 }), '');
    await registry.updateTtl('c', 'passing', 'fine');
    clock.advance(999);
    expect(state.check('c')?.check.Status).toBe('passing');
    clock.advance(1);
    expect(state.check('c')?.check).toMatchObject({
      Status: 'critical',
      Output: 'TTL expired (last output before timeout follows): fine',
    });
    registry.stop();
  });

  it('are the only ones that take reports', async () => {
    const { registry } = localAgent();
    await registry.registerCheck(checkDefinition('t', { TTL: 0, TCP: 'localhost:1', Interval: 1e9 }), '');
    const refusal = 'does not have associated TTL';
    await expect(registry.updateTtl('t', 'passing', '')).rejects.toThrow(`CheckID "t" ${refusal}`);
    await expect(registry.updateTtl('none', 'passing', '')).rejects.toThrow(`CheckID "none" ${refusal}`);
    await registry.registerCheck(checkDefinition('gone'), '');
    await registry.deregisterCheck('gone');
    await expect(registry.updateTtl('gone', 'passing', '')).rejects.toThrow(refusal);
    registry.stop();
  });
});

describe('after a restart', () => {
  it('everything registered over the API is there again, with the state of TTL checks', async () => {
    const kept = memoryPersistence();
    const before = localAgent({ persistence: kept.persistence });
    await before.registry.registerService(
      serviceNamed('web', { Checks: [ttlCheck({ CheckID: 'a' })] }),
      'secret',
      false,
    );
    await before.registry.registerCheck(checkDefinition('node'), '');
    await setNodeMaintenance(before.registry, true, 'disk', '');
    await before.registry.updateTtl('a', 'warning', 'so so');
    before.registry.stop();

    const after = localAgent({ persistence: kept.persistence });
    await after.registry.restore();
    expect(after.state.service('web')).toMatchObject({ token: 'secret', origin: 'api' });
    expect(after.state.checks().map(({ check }) => [check.CheckID, check.Status, check.Output, check.Notes])).toEqual([
      ['a', 'warning', 'so so', ''],
      ['node', 'critical', '', ''],
      ['_node_maintenance', 'critical', '', 'disk'],
    ]);
    await after.registry.updateTtl('a', 'passing', '');
    await after.registry.deregisterService('web');
    await after.registry.deregisterCheck('node');
    await setNodeMaintenance(after.registry, false, '', '');
    expect([kept.services.size, kept.checks.size, kept.states.size]).toEqual([0, 0, 0]);
    after.registry.stop();
  });

  it('a state that is too old says nothing', async () => {
    const kept = memoryPersistence();
    const before = localAgent({ persistence: kept.persistence });
    await before.registry.registerCheck(checkDefinition('c', { TTL: 1e9 }), '');
    await before.registry.updateTtl('c', 'passing', 'fine');
    before.registry.stop();
    const after = localAgent({ persistence: kept.persistence });
    after.clock.advance(5000);
    await after.registry.restore();
    expect(after.state.check('c')?.check).toMatchObject({ Status: 'critical', Output: '' });
    after.registry.stop();
  });

  it('definitions of files win, checks without their service go, scripts need leave again', async () => {
    const kept = memoryPersistence();
    const before = localAgent({ persistence: kept.persistence, remoteScripts: true });
    await before.registry.registerService(serviceNamed('web', { Port: 1 }), '', false);
    await before.registry.registerService(
      serviceNamed('gone', { Checks: [ttlCheck({ CheckID: 'orphan' })] }),
      '',
      false,
    );
    await before.registry.registerCheck(checkDefinition('s', { TTL: 0, ScriptArgs: ['true'], Interval: 1e9 }), '');
    kept.services.delete('gone');
    before.registry.stop();

    const after = localAgent({ persistence: kept.persistence });
    const [fromFile] = after.registry.registrationsOf(serviceNamed('web', { Port: 2 }), '', 'config');
    after.registry.applyService(fromFile!, 'config', () => undefined);
    await after.registry.restore();
    expect(after.state.service('web')?.service.Port).toBe(2);
    expect(after.state.checks()).toEqual([]);
    expect(kept.services.has('web')).toBe(false);
    expect(kept.checks.has('orphan')).toBe(false);
    after.registry.stop();
  });
});

describe('maintenance', () => {
  it('marks a service once, with a reason or a default one, and unmarks it', async () => {
    const { registry, state } = localAgent();
    await registry.registerService(serviceNamed('web'), '', false);
    await setServiceMaintenance(registry, 'web', true, 'first', '');
    await setServiceMaintenance(registry, 'web', true, 'second', '');
    expect(state.checks().map(({ check }) => [check.CheckID, check.Notes])).toEqual([
      ['_service_maintenance:web', 'first'],
    ]);
    await setServiceMaintenance(registry, 'web', false, '', '');
    await setServiceMaintenance(registry, 'web', true, '', '');
    expect(state.check('_service_maintenance:web')?.check.Notes).toContain('no reason was provided');
    await expect(setServiceMaintenance(registry, 'none', true, '', '')).rejects.toMatchObject({ status: 404 });
    registry.stop();
  });
});

describe('services that stay critical', () => {
  it('are taken away after the time of their check, and not before', async () => {
    const { registry, state, clock } = localAgent();
    const check = ttlCheck({ CheckID: 'c', TTL: 3600e9, DeregisterCriticalServiceAfter: 90e9 });
    await registry.registerService(serviceNamed('web', { Checks: [check] }), '', false);
    await registry.registerService(serviceNamed('fine', { Checks: [{ ...check, CheckID: 'f' }] }), '', false);
    await registry.updateTtl('f', 'passing', '');
    const reaper = startReaper(registry, clock, silentLogger);
    clock.advance(60_000);
    await settle();
    expect(state.service('web')).toBeDefined();
    for (let i = 0; i < 3; i++) {
      clock.advance(30_000);
      await settle();
    }
    expect(state.services().map(({ service }) => service.ID)).toEqual(['fine']);
    reaper.stop();
    registry.stop();
    expect(clock.timerCount).toBe(0);
  });

  it('have at least a minute', async () => {
    const { registry, state, clock } = localAgent();
    const check = ttlCheck({ CheckID: 'c', TTL: 3600e9, DeregisterCriticalServiceAfter: 1e9 });
    await registry.registerService(serviceNamed('web', { Checks: [check] }), '', false);
    const startMs = clock.nowMs();
    expect(overdueServices(state.checks(), startMs + 60_000)).toEqual([]);
    expect(overdueServices(state.checks(), startMs + 60_001)).toEqual(['web']);
    registry.stop();
  });
});

describe('what is heard of a check', () => {
  it('is held back while only its output changes, and not when its status does', async () => {
    const { registry, state, clock } = localAgent({ checkUpdateIntervalMs: 10_000 });
    await registry.registerCheck(checkDefinition('c', { TTL: 3600e9 }), '');
    await registry.updateTtl('c', 'passing', 'one');
    state.check('c')!.inSync = true;
    await registry.updateTtl('c', 'passing', 'two');
    expect(state.check('c')).toMatchObject({ inSync: true, check: { Output: 'two' } });
    clock.advance(15_000);
    expect(state.check('c')).toMatchObject({ inSync: false });
    state.check('c')!.inSync = true;
    await registry.updateTtl('c', 'passing', 'three');
    await registry.updateTtl('c', 'critical', 'four');
    expect(state.check('c')).toMatchObject({ inSync: false, outputTimer: null });
    registry.stop();
    expect(clock.timerCount).toBe(0);
  });
});
