import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress, reverseAddress } from '../../../../src/agent/dns/address.ts';
import { parseAsked, zoneOf } from '../../../../src/agent/dns/asked.ts';
import { Frames, framed } from '../../../../src/agent/dns/frames.ts';
import {
  below,
  isWithin,
  labelsOf,
  lowerCase,
  nameText,
  ofLabels,
  rootName,
  wireName,
} from '../../../../src/agent/dns/wire/name.ts';
import { TYPE } from '../../../../src/agent/dns/wire/numbers.ts';
import { splitHostPort } from '../../../../src/lib/host-port.ts';
import { formatIp } from '../../../../src/lib/sockaddr/ip.ts';

const zone = wireName('consul')!;
const asked = (text: string, type: number = TYPE.A) => parseAsked(wireName(`${text}.consul`)!, zone, type, 'dc1');

describe('what a name asks for', () => {
  const node = (name: string, datacenter = 'dc1') => ({ kind: 'node', node: name, datacenter });
  const service = (name: string, tag = '', datacenter = 'dc1', through = 'direct') => ({
    kind: 'service',
    service: name,
    tag,
    datacenter,
    through,
  });
  const nothing = { kind: 'nothing' };

  it.each([
    ['foo.node', node('foo')],
    ['foo.node.dc2', node('foo', 'dc2')],
    ['bar.baz.node', node('bar.baz')],
    ['node.node', node('node')],
    ['foo.node.dc1.extra', nothing],
    ['node', nothing],
    ['foo', nothing],
    ['web.service', service('web')],
    ['service.service', service('service')],
    ['v1.web.service.dc2', service('web', 'v1', 'dc2')],
    ['a.b.web.service', service('web', 'a.b')],
    ['_web._tcp.service', service('web')],
    ['_web._v2.service', service('web', 'v2')],
    ['web.connect', service('web', '', 'dc1', 'connect')],
    ['x.web.connect', service('web', '', 'dc1', 'connect')],
    ['web.ingress.dc2', service('web', '', 'dc2', 'ingress')],
    ['web.virtual', nothing],
    ['q.dotted.query', { kind: 'query', query: 'q.dotted', datacenter: 'dc1' }],
    ['_web._tcp', nothing],
  ])('%s', (text, expected) => {
    expect(asked(text)).toEqual(expected);
  });

  it('SRV questions of RFC 2782 may leave out the word service', () => {
    expect(asked('_web._tcp', TYPE.SRV)).toEqual(service('web'));
    expect(asked('_web._tcp.dc2', TYPE.SRV)).toEqual(service('web', '', 'dc2'));
  });

  it('is in the longest of the zones', () => {
    const sub = wireName('sub.consul')!;
    expect(zoneOf(wireName('a.sub.consul')!, [zone, sub])).toBe(sub);
    expect(zoneOf(wireName('a.consul')!, [zone, sub])).toBe(zone);
    expect(zoneOf(wireName('xconsul')!, [zone, sub])).toBeNull();
  });
});

describe('names', () => {
  const labels = fc.array(
    fc.uint8Array({ minLength: 1, maxLength: 63 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    { maxLength: 8 },
  );

  it('are their labels', () => {
    fc.assert(
      fc.property(labels, (parts) => {
        const name = ofLabels(parts);
        const length = parts.reduce((sum, part) => sum + part.length + 1, 1);
        if (length > 255) expect(name).toBeNull();
        else expect(labelsOf(name!)).toEqual(parts);
      }),
    );
  });

  it('are within a zone at the borders of labels only', () => {
    fc.assert(
      fc.property(labels, labels, (head, tail) => {
        const whole = ofLabels([...head, ...tail]);
        const end = ofLabels(tail);
        if (whole !== null) expect(isWithin(whole, end!)).toBe(true);
      }),
    );
    // The length byte of one label is a letter of another.
    expect(isWithin(`\x04ab\x01c\0`, `\x01c\0`)).toBe(false);
  });

  it('are shown with escapes, and lower case leaves other bytes alone', () => {
    expect(nameText(`\x05a.b\\\x01\0`)).toBe('a\\.b\\\\\\001.');
    expect(nameText(rootName)).toBe('.');
    expect(lowerCase('\x03A\xc4Z\0')).toBe('\x03a\xc4z\0');
  });

  it('of the catalog are UTF-8, and refused when they cannot be', () => {
    expect(nameText(wireName('bücher.example')!)).toBe('b\\195\\188cher.example.');
    for (const wrong of ['a..b', '.a', 'x'.repeat(64), 'y.'.repeat(128)]) expect(wireName(wrong)).toBeNull();
    expect(wireName('a.')).toBe(wireName('a'));
    expect(below('x'.repeat(60), wireName('y'.repeat(60))!)).not.toBeNull();
    expect(below('x.'.repeat(100), wireName('y.'.repeat(50))!)).toBeNull();
  });
});

describe('addresses', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:DB8::0001', '2001:db8::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::', '::'],
  ])('%s', (text, expected) => {
    expect(formatIp(parseAddress(text)!)).toBe(expected);
  });

  it.each(['db.example.test', 'fe80::1%eth0', '10.0.0', '10.0.0.256', '', 'face'])('%s is none', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it('backwards are read as Go would', () => {
    expect(reverseAddress(['1', '0', '0', '10', 'in-addr', 'arpa'])).toBe('10.0.0.1');
    for (const labels of [
      ['in-addr', 'arpa'],
      ['arpa'],
      [],
      ['1', 'ip6', 'arpa'],
      ['x', '0', '0', '10', 'in-addr', 'arpa'],
    ]) {
      expect(reverseAddress(labels)).toBeNull();
    }
  });

  it('of recursors have a port behind them', () => {
    expect(splitHostPort('[::1]:5353')).toEqual({ host: '::1', port: 5353 });
    expect(splitHostPort('8.8.8.8:53')).toEqual({ host: '8.8.8.8', port: 53 });
  });
});

describe('frames', () => {
  it('come out whole, however the stream was cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 600 }), { maxLength: 8 });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(700), { maxLength: 20 }), (sent, cuts) => {
        let stream = Buffer.concat(sent.map(framed));
        const frames = new Frames();
        const got: Buffer[] = [];
        for (const cut of [...cuts.map((length) => length + 1), stream.length]) {
          if (stream.length === 0) break;
          got.push(...frames.push(stream.subarray(0, cut)));
          stream = stream.subarray(cut);
        }
        expect(got.map((message) => [...message])).toEqual(sent.map((message) => [...message]));
      }),
      { numRuns: 500 },
    );
  });
});
