import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, formatIp, masked, parseCidr, parseIp } from '../../../src/lib/sockaddr/ip.ts';
import type { NetworkView } from '../../../src/lib/sockaddr/network.ts';
import { isForwardable } from '../../../src/lib/sockaddr/special-ranges.ts';
import { renderTemplate, TemplateFault } from '../../../src/lib/sockaddr/template.ts';

const machine: NetworkView = {
  defaultRoutes: ['eth1'],
  interfaces: [
    {
      name: 'lo',
      up: true,
      loopback: true,
      addresses: [
        { ip: '127.0.0.1', prefix: 8 },
        { ip: '::1', prefix: 128 },
      ],
    },
    {
      name: 'eth0',
      up: true,
      loopback: false,
      addresses: [
        { ip: '172.16.5.9', prefix: 24 },
        { ip: 'fe80::1', prefix: 64 },
        { ip: 'fd00::9', prefix: 64 },
      ],
    },
    {
      name: 'eth1',
      up: true,
      loopback: false,
      addresses: [
        { ip: '192.168.1.7', prefix: 24 },
        { ip: '198.18.200.1', prefix: 24 },
        { ip: '8.8.1.1', prefix: 22 },
      ],
    },
    { name: 'docker0', up: false, loopback: false, addresses: [{ ip: '172.17.0.1', prefix: 16 }] },
  ],
};

const render = (text: string): string => renderTemplate(text, () => machine);

describe('address templates', () => {
  it.each([
    ['{{ GetPrivateIP }}', '192.168.1.7'],
    ['{{GetPrivateIPs}}', '192.168.1.7 198.18.200.1 172.16.5.9 fd00::9'],
    ['{{ GetPublicIP }}', '8.8.1.1'],
    ['{{ GetPublicIPs }}', '8.8.1.1'],
    ['{{ GetInterfaceIP "eth0" }}', '172.16.5.9'],
    ['{{ GetInterfaceIP `eth.*` }}', '8.8.1.1'],
    ['{{ GetInterfaceIPs "eth0" }}', '172.16.5.9 fd00::9'],
    ['{{ GetInterfaceIP "none" }}', ''],
    ['{{ GetDefaultInterfaces | attr "address" }}', '192.168.1.7'],
    ['{{ GetAllInterfaces | include "flags" "loopback" | join "address" " " }}', '127.0.0.1 ::1'],
    ['{{ GetPrivateInterfaces | include "network" "172.16.0.0/12|10.0.0.0/8" | attr "address" }}', '172.16.5.9'],
    [
      '{{ GetPrivateInterfaces | exclude "type" "ipv6" | sort "-address" | limit 2 | join "address" "," }}',
      '198.18.200.1,192.168.1.7',
    ],
    ['{{ GetPrivateInterfaces | include "type" "IPv6" | attr "address" }}', 'fd00::9'],
    ['{{ GetPrivateInterfaces | offset 1 | limit 1 | attr "network" }}', '198.18.200.0/24'],
    ['{{ GetPrivateInterfaces | include "rfc" "1918" | sort "name,address" | join "name" " " }}', 'eth0 eth1'],
    ['{{ GetAllInterfaces | include "size" "/16|/22" | join "address" " " }}', '8.8.1.1 172.17.0.1'],
    ['{{ GetAllInterfaces | exclude "flags" "up" | attr "name" }}', 'docker0'],
    ['{{ GetAllInterfaces | include "name" "^eth" | unique "name" | join "name" " " }}', 'eth0 eth1'],
    ['{{ GetAllInterfaces | include "address" "^172[.]17" | attr "netmask" }}', '255.255.0.0'],
    ['{{ attr "address" (GetAllInterfaces | include "name" "lo") }}', '127.0.0.1'],
    ['{{ "10.0.0.1" }}:{{ 80 }}', '10.0.0.1:80'],
    ['a {{- GetPublicIP -}} b', 'a8.8.1.1b'],
    ['a {{- " x" }} {{ "y " -}} b', 'a x y b'],
    ['10.0.0.1 no template', '10.0.0.1 no template'],
  ])('%s', (text, result) => {
    expect(render(text)).toBe(result);
  });

  it.each([
    ['{{ Zap }}', 'function "Zap" not defined'],
    ['{{ GetPrivateIP', 'unclosed action'],
    ['{{ GetAllInterfaces | include "zap" "x" }}', 'invalid filter zap'],
    ['{{ GetAllInterfaces | include "name" "(" }}', 'invalid pattern "("'],
    ['{{ GetAllInterfaces | sort "zap" }}', 'unknown sort attribute zap'],
    ['{{ GetAllInterfaces | attr "zap" }}', 'unsupported attribute name "zap"'],
    ['{{ GetAllInterfaces | include "network" "x" }}', 'invalid network x'],
    ['{{ GetAllInterfaces | limit "x" }}', 'argument 1 has to be a number'],
    ['{{ GetInterfaceIP }}', 'argument 1 has to be a text'],
    ['{{ "a" | attr "address" }}', 'argument 2 has to be a list of addresses'],
    ['{{ GetAllInterfaces | "a" }}', 'non executable command in pipeline'],
    ['{{ }}', 'missing value for command'],
    ['{{ (GetPublicIP }}', 'unclosed left paren'],
    ['{{ GetPublicIP ) }}', 'unexpected ")" in action'],
    ['{{ . }}', 'unexpected "." in action'],
    [`{{ ${'('.repeat(100)} }}`, 'nested too deeply'],
  ])('%s: %s', (text, message) => {
    expect(() => render(text)).toThrow(new TemplateFault(message));
  });

  it('never throw anything but their own error', () => {
    const pieces = [
      '{{',
      '}}',
      '{{-',
      '-}}',
      ' ',
      '|',
      '(',
      ')',
      '"a"',
      '"',
      '`',
      '5',
      'include',
      'sort',
      'attr',
      'GetAllInterfaces',
      'GetPrivateIP',
      '"name"',
      '"type,size"',
      '\\',
      '.',
      'limit',
      'é',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 25 }), (words) => {
        try {
          render(words.join(''));
        } catch (error) {
          if (!(error instanceof TemplateFault)) throw error;
        }
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('addresses', () => {
  it.each([
    ['1.2.3.4', '1.2.3.4'],
    ['::', '::'],
    ['::1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['fe80::1', 'fe80::1'],
  ])('%s is %s', (text, canonical) => {
    expect(formatIp(parseIp(text)!)).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3',
    '1.2.3.256',
    '1.2.3.4.5',
    ':::',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::1.2.3',
    '1.2.3.4::',
    'host',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8::',
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBe(undefined);
  });

  it.each(['x', '1.2.3.4', '1.2.3.4/33', '::/129', '1.2.3.4/-1', '/8', '1.2.3.4/8/8'])('%j is no network', (text) => {
    expect(parseCidr(text)).toBe(undefined);
  });

  it('canonical texts are read back', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => [...array]);
    const sparse = fc.array(fc.constantFrom(0, 0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(fc.oneof(bytes, sparse), (ip) => {
        expect(parseIp(formatIp(ip))).toEqual(ip);
      }),
    );
  });

  it('a network contains exactly the addresses with its prefix', () => {
    const ip = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const bytesOf = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
    fc.assert(
      fc.property(ip, ip, fc.nat(32), (a, b, prefix) => {
        const same = prefix === 0 || a >>> (32 - prefix) === b >>> (32 - prefix);
        const network = { bytes: masked(bytesOf(a), prefix), prefix };
        expect(contains(network, bytesOf(b))).toBe(same);
      }),
    );
  });

  it('addresses that no router passes on are not forwardable', () => {
    const forwardable = (text: string) => isForwardable(parseIp(text)!);
    expect(['127.0.0.1', '169.254.1.1', '::1', 'fe80::1', '192.0.2.1'].map(forwardable)).not.toContain(true);
    expect(['10.0.0.1', '8.8.8.8', 'fd00::1', '2600::1'].map(forwardable)).not.toContain(false);
  });
});
