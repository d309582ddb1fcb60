import { Packet } from 'dns2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, receive } from '../../../../../src/agent/dns/wire/decode.ts';
import { Encoder, leastBytes } from '../../../../../src/agent/dns/wire/encode.ts';
import { type DnsRecord, type Message, MessageError } from '../../../../../src/agent/dns/wire/message.ts';
import { ofLabels, rootName, type WireName, wireName } from '../../../../../src/agent/dns/wire/name.ts';
import { TYPE } from '../../../../../src/agent/dns/wire/numbers.ts';
import { Dice } from '../../../../fuzz/dice.ts';
import { mutate } from '../../../../fuzz/mutate.ts';
import { queryFor, recordText, World } from '../world.ts';

const name = (text: string): WireName => wireName(text)!;
const encoder = new Encoder();
const record = (owner: string, type: number, ...rdata: DnsRecord['rdata']): DnsRecord => ({
  name: name(owner),
  type,
  class: 1,
  ttlSeconds: 60,
  rdata,
});
const message = (parts: Partial<Message>): Message => ({
  id: 1,
  flags: 0x8400,
  question: { name: name('web.service.consul'), type: TYPE.SRV, class: 1 },
  answer: [],
  authority: [],
  additional: [],
  ...parts,
});

const names = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 6 })
  .map((labels) => ofLabels(labels.map((label) => Buffer.from(label).toString('latin1'))) ?? rootName);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** As a decoder gives it back: fixed parts, names, the rest. */
const records: fc.Arbitrary<DnsRecord> = fc
  .tuple(
    names,
    fc.nat(0x7fff_ffff),
    fc.oneof(
      bytes(4).map((data) => [TYPE.A, data] as const),
      bytes(16).map((data) => [TYPE.AAAA, data] as const),
      names.map((target) => [TYPE.CNAME, target] as const),
      fc.tuple(bytes(2), names).map(([data, target]) => [TYPE.MX, data, target] as const),
      fc.tuple(bytes(6), names).map(([data, target]) => [TYPE.SRV, data, target] as const),
      fc.tuple(names, names, bytes(20)).map(([a, b, data]) => [TYPE.SOA, a, b, data] as const),
      fc.uint8Array({ maxLength: 300 }).map((data) => [4711, data] as const),
    ),
  )
  .map(([owner, ttlSeconds, [type, ...rdata]]) => ({ name: owner, type, class: 1, ttlSeconds, rdata }));
const messages = fc
  .record({
    id: fc.nat(0xffff),
    flags: fc.nat(0xffff),
    question: fc.option(fc.record({ name: names, type: fc.nat(0xffff), class: fc.nat(0xffff) })),
    answer: fc.array(records, { maxLength: 5 }),
    authority: fc.array(records, { maxLength: 3 }),
    additional: fc.array(records, { maxLength: 3 }),
  })
  .map((parts): Message => parts);

const plain = (records: readonly DnsRecord[]) =>
  records.map((one) => ({ ...one, rdata: one.rdata.map((part) => (typeof part === 'string' ? part : [...part])) }));

describe('messages', () => {
  it('come back from bytes as they were, compressed and not', () => {
    fc.assert(
      fc.property(messages, fc.boolean(), (sent, compress) => {
        const read = decodeMessage(encoder.encode(sent, compress).bytes);
        expect({ ...read, answer: 0, authority: 0, additional: 0 }).toEqual({
          ...sent,
          answer: 0,
          authority: 0,
          additional: 0,
        });
        for (const section of ['answer', 'authority', 'additional'] as const) {
          expect(plain(read[section])).toEqual(plain(sent[section]));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are never larger for being compressed, never smaller than their records at least, and fit exactly where they say so', () => {
    fc.assert(
      fc.property(messages, (sent) => {
        const { length } = encoder.encode(sent, true).bytes;
        expect(length).toBeLessThanOrEqual(encoder.encode(sent, false).bytes.length);
        expect(encoder.fits(sent, true, length)).toBe(true);
        expect(encoder.fits(sent, true, length - 1)).toBe(false);
        const records = [...sent.answer, ...sent.authority, ...sent.additional];
        expect(records.reduce((sum, one) => sum + leastBytes(one), 12)).toBeLessThanOrEqual(length);
      }),
      { numRuns: 300 },
    );
  });

  it('are read the same by another decoder', () => {
    const target = name('n1.node.dc1.consul');
    const sent = message({
      answer: [record('web.service.consul', TYPE.SRV, Uint8Array.of(0, 1, 0, 2, 0, 80), target)],
      authority: [record('consul', TYPE.NS, target)],
      additional: [record('n1.node.dc1.consul', TYPE.A, Uint8Array.of(10, 0, 0, 1))],
    });
    const read = Packet.parse(encoder.encode(sent, true).bytes);
    expect(read.errors).toEqual([]);
    expect(read.questions[0]!.name).toBe('web.service.consul');
    expect(read.answers[0]).toMatchObject({ priority: 1, weight: 2, port: 80, target: 'n1.node.dc1.consul' });
    expect(read.authorities[0]).toMatchObject({ name: 'consul', ns: 'n1.node.dc1.consul' });
    expect(read.additionals[0]).toMatchObject({ name: 'n1.node.dc1.consul', address: '10.0.0.1' });
  });

  it('have the size Consul gives them: targets of SRV whole, pointers into them', () => {
    const hosts = ['m0', 'm1', 'm2'].map((host) => `${host}.node.dc1.consul`);
    const sent = message({
      question: { name: name('big.service.consul'), type: TYPE.SRV, class: 1 },
      answer: hosts.map((host) => record('big.service.consul', TYPE.SRV, new Uint8Array(6), name(host))),
      additional: hosts.map((host) => record(host, TYPE.A, new Uint8Array(4))),
    });
    expect(encoder.encode(sent, true).bytes.length).toBe(198);
    expect(encoder.encode(sent, false).bytes.length).toBe(306);
  });

  it('that are too large are refused', () => {
    const large = Array.from({ length: 300 }, () => record('x.consul', 4711, new Uint8Array(300)));
    expect(() => encoder.encode(message({ answer: large }), true)).toThrow(MessageError);
    expect(() => encoder.encode(message({ answer: [record('x', 4711, new Uint8Array(70_000))] }), true)).toThrow(
      MessageError,
    );
  });

  it('point to the first 16 KiB only', () => {
    const filler = Array.from({ length: 60 }, (_, i) => record(`f${i}.consul`, 4711, new Uint8Array(300)));
    const last = record('late.example', TYPE.CNAME, name('late.example'));
    const read = decodeMessage(encoder.encode(message({ answer: [...filler, last] }), true).bytes);
    expect(recordText(read.answer.at(-1)!)).toBe('late.example. 60 IN CNAME late.example.');
  });
});

describe('broken messages', () => {
  const header = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const received = (...rest: readonly number[]) => receive(Buffer.from([...header, ...rest]));

  it.each([
    ['a pointer to itself', [0xc0, 12, 0, 1, 0, 1]],
    ['a pointer beyond the end', [0xc0, 0xff, 0, 1, 0, 1]],
    ['a label beyond the end', [63, 97, 97]],
    ['a label of 64 bytes', [0x40, 97, 0, 0, 1, 0, 1]],
    ['a name that never ends', [1, 97]],
    ['half a type', [1, 97, 0, 0]],
  ])('%s is refused', (_what, rest) => {
    expect(received(...rest)).toMatchObject({ kind: 'refusal', id: 0x1234, rcode: 1 });
  });

  it('a name of more than 255 bytes is refused', () => {
    const label = [63, ...new Array<number>(63).fill(97)];
    expect(received(...label, ...label, ...label, 61, ...new Array<number>(61).fill(97), 0, 0, 1, 0, 1).kind).toBe(
      'query',
    );
    expect(received(...label, ...label, ...label, ...label, 0, 0, 1, 0, 1).kind).toBe('refusal');
  });

  it('end where they end: type and class may be missing', () => {
    expect(received()).toMatchObject({ kind: 'query', query: { question: null } });
    expect(received(1, 97, 0)).toMatchObject({ kind: 'query', query: { question: { type: 0, class: 0 } } });
    expect(received(1, 97, 0, 0, 28)).toMatchObject({ kind: 'query', query: { question: { type: 28, class: 0 } } });
  });

  it('answers and fragments are no queries', () => {
    expect(receive(Buffer.alloc(11)).kind).toBe('nothing');
    expect(receive(Buffer.from([0, 1, 0x81, 0, 0, 1, 0, 0, 0, 0, 0, 0])).kind).toBe('nothing');
  });

  it('a client subnet longer than its address is refused', () => {
    const option = (prefix: number) => [0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 11, 0, 8, 0, 7, 0, 1, prefix, 0, 1, 2, 3];
    const query = (prefix: number) =>
      receive(Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, ...option(prefix)]));
    expect(query(24)).toMatchObject({ kind: 'query', query: { edns: { udpBytes: 4096, subnet: { sourceBits: 24 } } } });
    expect(query(25).kind).toBe('refusal');
    expect(query(33).kind).toBe('refusal');
  });
});

describe('100,000 mutated packets', () => {
  const corpus = [
    ...(['A', 'SRV', 'ANY', 'SOA', 'TXT', 'PTR', 'AXFR'] as const).flatMap((type) =>
      [
        'web.service.consul',
        'foo.node.consul',
        '_web._tcp.service.consul',
        '1.0.0.10.in-addr.arpa',
        '0a000001.addr.consul',
      ].flatMap((text) => [queryFor(text, { type }), queryFor(text, { type, edns: 1232 })]),
    ),
    encoder.encode(message({ answer: [record('web.service.consul', TYPE.MX, new Uint8Array(2), name('a.b'))] }), true)
      .bytes,
  ];

  it('are answered within limits or not at all, and never believed to be more than they are', {
    timeout: 60_000,
  }, () => {
    const meta = { long: 'v'.repeat(200), other: 'w'.repeat(200) };
    const instances = Array.from({ length: 30 }, (_, i) => ({
      node: `n${i}`,
      address: `10.0.0.${i + 1}`,
      meta,
      service: { Service: 'web', Port: i },
    }));
    const world = new World([...instances, { node: 'foo', address: '10.0.0.1', meta }]);
    const client = { address: '127.0.0.1', port: 53, network: 'udp' } as const;
    for (let seed = 0; seed < 100_000; seed++) {
      const query = Buffer.from(mutate(corpus, [], new Dice(seed)));
      try {
        decodeMessage(query);
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
      }
      const received = receive(query);
      const answer = world.responder.respond(query, client);
      if (answer instanceof Promise) continue;
      if (answer === null) {
        expect(received.kind === 'query' ? world.log.length : 1).toBeGreaterThan(0);
        continue;
      }
      const limit = received.kind === 'query' ? Math.max(512, received.query.edns?.udpBytes ?? 0) : 12;
      if (answer.length > limit || answer.readUInt16BE(0) !== query.readUInt16BE(0)) {
        throw new Error(`seed ${seed}: ${answer.length} bytes where ${limit} are allowed`);
      }
      decodeMessage(answer);
    }
    expect(world.log.filter((line) => line !== 'failed to respond')).toEqual([]);
  });
});
