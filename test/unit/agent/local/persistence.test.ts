import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filePersistence } from '../../../../src/agent/local/persistence.ts';
import { silentLogger } from '../../../../src/agent/telemetry/logger.ts';
import { checkNamed, serviceWithId, ttlCheck } from './support.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tc-local-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const serviceFile = (id: string, Port = 1) => ({
  Token: 'secret',
  Service: serviceWithId(id, { Port, Tags: ['a'], Meta: { k: 'v' } }),
  Source: 'remote',
  LocallyRegisteredAsSidecar: true,
});
const checkFile = (id: string) => ({
  Check: checkNamed(id, { Output: 'bin\u0000ary \ufffd' }),
  ChkType: ttlCheck({ Header: { a: ['b'] }, Interval: 1500e6 }),
  Token: 'secret',
  Source: 'remote',
});

describe('files of registrations', () => {
  it('give back what was saved', async () => {
    const files = filePersistence(dir, silentLogger);
    await files.saveService(serviceFile('web/../../odd name'));
    await files.saveCheck(checkFile('c'));
    await files.saveState({ CheckID: 'c', Status: 'passing', Output: 'fine', Expires: 5 });
    const { services, checks, states } = await filePersistence(dir, silentLogger).load();
    expect(JSON.parse(JSON.stringify(services))).toEqual([serviceFile('web/../../odd name')]);
    expect(JSON.parse(JSON.stringify(checks))).toEqual([checkFile('c')]);
    expect(states).toEqual([{ CheckID: 'c', Status: 'passing', Output: 'fine', Expires: 5 }]);
  });

  it('are for the agent alone: tokens are in them', async () => {
    const files = filePersistence(dir, silentLogger);
    await files.saveService(serviceFile('web'));
    const [name] = await readdir(join(dir, 'services'));
    expect((await stat(join(dir, 'services', name!))).mode & 0o777).toBe(0o600);
  });

  it('hold what was saved last, and nothing of what was removed, however close together', async () => {
    const files = filePersistence(dir, silentLogger);
    const saves = Array.from({ length: 20 }, (_, i) => files.saveService(serviceFile('web', i)));
    const gone = [files.saveCheck(checkFile('c')), files.removeCheck('c')];
    await Promise.all([...saves, ...gone]);
    const { services, checks } = await files.load();
    expect(services.map(({ Service }) => Service?.Port)).toEqual([19]);
    expect(checks).toEqual([]);
  });

  it('that are garbage are passed over and left, those half written are cleared away', async () => {
    const files = filePersistence(dir, silentLogger);
    await files.saveService(serviceFile('web'));
    await mkdir(join(dir, 'checks'), { recursive: true });
    for (const garbage of ['', '{', '[]', '{"Service": 5}', '\u0000\u0001']) {
      await writeFile(join(dir, 'services', `garbage${garbage.length}`), garbage);
    }
    await writeFile(join(dir, 'checks', 'x.tmp'), '{');
    const { services, checks } = await files.load();
    expect(services.filter(({ Service }) => Service !== null).map(({ Service }) => Service?.ID)).toEqual(['web']);
    expect(checks).toEqual([]);
    expect(await readdir(join(dir, 'checks'))).toEqual([]);
    expect(await readFile(join(dir, 'services', 'garbage1'), 'utf8')).toBe('{');
  });

  it('need not be there', async () => {
    expect(await filePersistence(join(dir, 'none'), silentLogger).load()).toEqual({
      services: [],
      checks: [],
      states: [],
    });
  });

  it('of Consul are understood: durations as texts, fields that came later', async () => {
    await mkdir(join(dir, 'checks'), { recursive: true });
    const written = {
      Check: { Node: 'here', CheckID: 'c', Name: 'c', Status: 'critical', Type: 'http', PeerName: '' },
      ChkType: { HTTP: 'http://127.0.0.1/', Interval: '10s', Timeout: '0s', Later: 1 },
      Token: '',
      Source: 'remote',
    };
    await writeFile(join(dir, 'checks', 'any-name'), JSON.stringify(written));
    const { checks } = await filePersistence(dir, silentLogger).load();
    expect(checks).toMatchObject([{ Check: { CheckID: 'c' }, ChkType: { HTTP: 'http://127.0.0.1/', Interval: 10e9 } }]);
  });
});
