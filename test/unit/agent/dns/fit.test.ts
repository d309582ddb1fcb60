import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Asking, configWith, type Instance, World } from './world.ts';

const instances = (count: number, meta?: Record<string, string>): Instance[] =>
  Array.from({ length: count }, (_, i) => ({
    node: `m${i}`,
    address: `10.4.${i >> 8}.${i & 255}`,
    ...(meta === undefined ? {} : { meta }),
    service: { Service: 'big', Port: 80 },
  }));

const ask = (count: number, asking: Asking, dns: Parameters<typeof configWith>[0] = {}) =>
  new World(instances(count), configWith(dns)).ask('big.service.consul', asking);
const withOption = (records: readonly string[]) => records.some((one) => one.startsWith('OPT'));

describe('answers over UDP without EDNS', () => {
  it.each([
    [3, { udpAnswerLimit: 3 }],
    [5, { udpAnswerLimit: 5 }],
    [8, { udpAnswerLimit: 200 }],
    [0, { udpAnswerLimit: 0 }],
    [2, { udpAnswerLimit: 3, aRecordLimit: 2 }],
  ])('are cut to %i by %o', async (count, dns) => {
    expect((await ask(20, {}, dns)).answer).toHaveLength(count);
  });

  it('fit without compression when a choice was made', async () => {
    const { answer, additional, size } = await ask(100, { type: 'SRV' }, { udpAnswerLimit: 200 });
    expect(answer).toHaveLength(5);
    expect(additional).toHaveLength(5);
    expect(size).toBeLessThan(512);
  });

  it('say that something is missing only where that is wanted', async () => {
    expect((await ask(20, {})).flags).toEqual(['aa', 'rd']);
    expect((await ask(20, {}, { enableTruncate: true })).flags).toEqual(['aa', 'tc', 'rd']);
    expect((await ask(3, {}, { enableTruncate: true })).flags).toEqual(['aa', 'rd']);
  });
});

describe('answers with EDNS', () => {
  it('are as many as fit, and without OPT when some do not', async () => {
    const some = await ask(100, { edns: 1024 });
    expect(some.answer).toHaveLength(61);
    expect(withOption(some.additional)).toBe(false);
    const all = await ask(40, { edns: 1232 });
    expect(all.answer).toHaveLength(40);
    expect(all.additional).toEqual(['OPT 1232']);
  });

  it('of 512 bytes are plain ones', async () => {
    const { answer, additional } = await ask(12, { type: 'SRV', edns: 512 });
    expect(answer).toHaveLength(3);
    expect(withOption(additional)).toBe(false);
  });
});

describe('answers over TCP', () => {
  it('are all there are', async () => {
    expect((await ask(100, { network: 'tcp', type: 'SRV' })).answer).toHaveLength(100);
  });

  it('are as many as a message holds', async () => {
    const { answer, size } = await ask(5000, { network: 'tcp' });
    expect(answer.length).toBeGreaterThan(4000);
    expect(65_535 - size).toBeLessThan(40);
    expect(size).toBeLessThanOrEqual(65_535);
    const targets = await ask(3000, { network: 'tcp', type: 'SRV' });
    expect(targets.answer.length).toBeGreaterThan(1000);
    expect(65_535 - targets.size).toBeLessThan(1000);
    expect(targets.additional).toHaveLength(targets.answer.length);
  });

  it('are as many as a message holds, however short the names of their hosts are', async () => {
    const hosts = instances(5000).map((one, i) => ({ ...one, service: { ...one.service, Address: `h${i}.x` } }));
    const { answer, size } = await new World(hosts).ask('big.service.consul', { network: 'tcp', type: 'SRV' });
    expect(65_535 - size).toBeLessThan(40);
    expect(new Set(answer).size).toBe(answer.length);
  });
});

describe('answers that cannot be cut any more', () => {
  it('lose what is beside them and say so', async () => {
    const meta = Object.fromEntries(Array.from({ length: 4 }, (_, i) => [`k${i}`, 'v'.repeat(200)]));
    const world = new World([{ node: 'foo', address: '10.0.0.1', meta }]);
    const short = await world.ask('foo.node.consul');
    expect(short).toMatchObject({ answer: ['foo.node.consul. 0 IN A 10.0.0.1'], additional: [] });
    expect(short.flags).toContain('tc');
    expect((await world.ask('foo.node.consul', { network: 'tcp' })).additional).toHaveLength(4);
  });
});

describe('whatever the limits', () => {
  it('an answer is no larger than allowed, holds no record twice, and no more than was asked for', async () => {
    const numbers = fc.record({
      count: fc.nat(60),
      edns: fc.option(fc.integer({ min: 0, max: 5000 }), { nil: undefined }),
      udpAnswerLimit: fc.nat(10),
      aRecordLimit: fc.nat(10),
      disableCompression: fc.boolean(),
      type: fc.constantFrom('A', 'SRV', 'ANY', 'TXT'),
      network: fc.constantFrom('udp', 'tcp'),
    });
    await fc.assert(
      fc.asyncProperty(numbers, async ({ count, edns, type, network, ...dns }) => {
        const asking = { type, network, ...(edns === undefined ? {} : { edns }) } as Asking;
        const meta = { key: 'value' };
        const world = new World(instances(count, meta), configWith(dns));
        const { answer, additional, size } = await world.ask('big.service.consul', asking);
        expect(size).toBeLessThanOrEqual(network === 'tcp' ? 65_535 : Math.max(512, edns ?? 0));
        expect(new Set(answer).size).toBe(answer.length);
        expect(new Set(additional).size).toBe(additional.length);
        if (dns.aRecordLimit > 0 && type !== 'SRV') expect(answer.length).toBeLessThanOrEqual(dns.aRecordLimit);
        if (network === 'udp' && (edns ?? 0) <= 512) {
          expect(answer.length).toBeLessThanOrEqual(Math.max(dns.udpAnswerLimit, 0));
        }
      }),
      { numRuns: 300 },
    );
  });
});
