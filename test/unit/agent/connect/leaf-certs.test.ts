import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AgentCache } from '../../../../src/agent/cache/agent-cache.ts';
import { LeafCerts } from '../../../../src/agent/connect/leaf-certs.ts';
import type { RpcCaller } from '../../../../src/agent/rpc/caller.ts';
import { generateKey, keySize, parsePrivateKey, privateKeyPem } from '../../../../src/lib/x509/index.ts';
import { CAConfiguration } from '../../../../src/structs/connect.ts';
import { make } from '../../../../src/structs/make.ts';
import { Dice } from '../../../fuzz/dice.ts';
import { devConfig, EagerClock, instantServer } from '../../../fuzz/instant-server.ts';
import { silentLogger } from '../../../silent.ts';
import { manualRuntime } from '../server/manual-runtime.ts';

const turns = async (count = 60): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};
const hourMs = 3600_000;

async function start() {
  const clock = new EagerClock();
  const caConfig = { csr_max_per_second: 0, leaf_cert_ttl: '1h' };
  const connect = { enabled: true, caProvider: 'consul', caConfig };
  const server = await instantServer({ ...devConfig(), connect }, clock, new Dice(1));
  const { random } = manualRuntime();
  let fault: Error | null = null;
  let signed = 0;
  const rpc: RpcCaller = {
    call: (method, args, options) => {
      if (method === 'ConnectCA.Sign' && fault !== null) throw fault;
      if (method === 'ConnectCA.Sign') signed++;
      return server.call(method, args, options);
    },
  };
  await turns();
  const cache = new AgentCache({
    rpc,
    clock,
    logger: silentLogger,
    fetchLimit: () => ({ perSecond: Infinity, burst: 2 }),
  });
  const leaves = new LeafCerts({ rpc, cache, clock, random, logger: silentLogger });
  const subject = { service: 'web', datacenter: 'dc1', token: '' };
  const get = (more: Partial<typeof subject> = {}, minIndex = 0, waitMs = 0) =>
    leaves.get({ ...subject, ...more }, { minIndex, waitMs });
  /** Lets so much time pass. */
  const pass = async (ms: number): Promise<void> => {
    const endMs = clock.nowMs() + ms;
    while (clock.nowMs() < endMs && clock.step()) await turns(4);
    await turns();
  };
  const stop = async (): Promise<void> => {
    leaves.stop();
    cache.stop();
    await server.stop();
  };
  return {
    server,
    clock,
    get,
    pass,
    stop,
    signings: () => signed,
    fail: (error: Error | null) => {
      fault = error;
    },
  };
}

describe('certificates of services', () => {
  it('are made once, with a key of their own', async () => {
    const { get, signings, stop } = await start();
    const [first, second] = await Promise.all([get(), get()]);
    expect(second.cert).toBe(first.cert);
    expect((await get()).wasThere).toBe(true);
    expect(signings()).toBe(1);
    const { CertPEM, PrivateKeyPEM } = first.cert;
    expect(new X509Certificate(CertPEM).checkPrivateKey(parsePrivateKey(PrivateKeyPEM))).toBe(true);
    const db = await get({ service: 'db' });
    expect(db.cert.PrivateKeyPEM).not.toBe(PrivateKeyPEM);
    await stop();
  });

  it('are kept apart by token, and refused as the servers refuse', async () => {
    const { get, fail, signings, stop } = await start();
    await get();
    fail(new Error('Permission denied'));
    await expect(get({ token: 'x' })).rejects.toThrow('Permission denied');
    expect((await get()).wasThere).toBe(true);
    fail(null);
    expect((await get({ token: 'x' })).wasThere).toBe(false);
    expect(signings()).toBe(2);
    await expect(get({ service: '' })).rejects.toThrow('URI must be either service or agent');
    await expect(get({ datacenter: 'nope' })).rejects.toThrow('No path to datacenter');
    await stop();
  });

  it('are renewed before their time is over, and wake who waits', async () => {
    const { get, pass, stop } = await start();
    const { cert } = await get();
    let woken = false;
    const next = get({}, cert.ModifyIndex, 3 * hourMs).then((leaf) => {
      woken = true;
      return leaf.cert;
    });
    await pass(0.5 * hourMs);
    expect(woken).toBe(false);
    await pass(0.4 * hourMs);
    const renewed = await next;
    expect(renewed.ModifyIndex).toBeGreaterThan(cert.ModifyIndex);
    expect(Date.parse(renewed.ValidBefore)).toBeGreaterThan(Date.parse(cert.ValidBefore));
    await stop();
  });

  it('give back what there is when the wait is over', async () => {
    const { get, pass, stop } = await start();
    const { cert } = await get();
    const waiting = get({}, cert.ModifyIndex, 1000);
    await pass(2000);
    expect((await waiting).cert).toBe(cert);
    await stop();
  });

  it('are renewed when the authority has a new root, again and again until it works', async () => {
    const { server, get, pass, fail, stop } = await start();
    const { cert } = await get();
    const Config = { PrivateKey: privateKeyPem(await generateKey('ec', 384)), CSRMaxPerSecond: 0 };
    fail(new Error('No cluster leader'));
    await server.call('ConnectCA.ConfigurationSet', { Config: make(CAConfiguration, { Provider: 'consul', Config }) });
    await turns();
    await pass(25_000);
    expect((await get()).cert).toBe(cert);
    fail(null);
    for (let i = 0; i < 200 && (await get()).cert === cert; i++) await pass(2_000);
    const renewed = (await get()).cert;
    expect(renewed.ModifyIndex).toBeGreaterThan(cert.ModifyIndex);
    expect(keySize(parsePrivateKey(renewed.PrivateKeyPEM))).toEqual({ type: 'ec', bits: 384 });
    const { reply } = await server.call('ConnectCA.Roots', {});
    const active = reply.Roots!.find(({ Active }) => Active)!;
    expect(new X509Certificate(renewed.CertPEM).checkIssued(new X509Certificate(active.RootCert))).toBe(true);
    await stop();
  });

  it('stop with everything that waits', async () => {
    const { get, stop } = await start();
    const { cert } = await get();
    const waiting = get({}, cert.ModifyIndex, 0);
    await stop();
    expect((await waiting).cert).toBe(cert);
    await expect(get()).rejects.toThrow('shutting down');
  });
});
