import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aliasResult } from '../../../../src/agent/checks/alias.ts';
import { checkFault, checkKind, describesCheck } from '../../../../src/agent/checks/definition.ts';
import {
  decodeHealthAnswer,
  encodeHealthRequest,
  HealthProtocolError,
  servingStatuses,
} from '../../../../src/agent/checks/health-protocol.ts';
import { cutText, OutputTail } from '../../../../src/agent/checks/output.ts';
import type { Result } from '../../../../src/agent/checks/runner.ts';
import { splitTarget } from '../../../../src/agent/checks/tcp.ts';
import { withThresholds } from '../../../../src/agent/checks/thresholds.ts';
import { networkErrorText } from '../../../../src/lib/network-error.ts';
import { CheckType } from '../../../../src/structs/catalog.ts';
import { make } from '../../../../src/structs/make.ts';
import { checkNamed } from '../local/support.ts';

const of = (more: Partial<CheckType>): CheckType => make(CheckType, more);

describe('definitions', () => {
  it.each([
    [{ TTL: 1, Interval: 1, TCP: 'x:1' }, 'Interval and TTL cannot both be specified'],
    [{ HTTP: 'x' }, 'Interval must be > 0 for Script, HTTP, H2PING, or TCP checks'],
    [{ ScriptArgs: ['x'], Interval: -1 }, 'Interval must be > 0 for Script, HTTP, H2PING, or TCP checks'],
    [{ Interval: 1 }, 'TTL must be > 0 for TTL checks'],
    [{}, 'TTL must be > 0 for TTL checks'],
    [{ HTTP: 'x', Interval: 1, OutputMaxSize: -1 }, 'MaxOutputMaxSize must be positive'],
    [{ AliasService: 'x' }, null],
    [{ AliasNode: 'x', Interval: 1 }, null],
    [{ GRPC: 'x', Interval: 1 }, null],
  ])('%j: %s', (check, fault) => {
    expect(checkFault(of(check))).toBe(fault);
  });

  it.each([
    [{ TTL: 1 }, 'ttl'],
    [{ HTTP: 'x', Interval: 1 }, 'http'],
    [{ TCP: 'x', Interval: 1 }, 'tcp'],
    [{ GRPC: 'x', Interval: 1 }, 'grpc'],
    [{ H2PING: 'x', Interval: 1 }, 'h2ping'],
    [{ AliasService: 'x' }, 'alias'],
    [{ ScriptArgs: ['x'], Interval: 1 }, 'script'],
    [{ ScriptArgs: ['x'], DockerContainerID: 'y', Interval: 1 }, 'docker'],
  ])('%j is of kind %s', (check, kind) => {
    expect(checkKind(of(check))).toBe(kind);
  });

  it('that are empty describe nothing', () => {
    expect(describesCheck(of({}))).toBe(false);
    expect(describesCheck(of({ Notes: 'x' }))).toBe(true);
  });
});

describe('thresholds', () => {
  const run = (successBeforePassing: number, failuresBeforeCritical: number, results: string): string => {
    let reported = '';
    const letters = { p: 'passing', w: 'warning', c: 'critical' } as const;
    const report = withThresholds({ successBeforePassing, failuresBeforeCritical }, ({ output }: Result) => {
      reported += output;
    });
    for (const letter of results) {
      const before = reported.length;
      report({ status: letters[letter as 'p'], output: letter });
      if (reported.length === before) reported += '.';
    }
    return reported;
  };

  it('let everything through unless set', () => expect(run(0, 0, 'pcwpc')).toBe('pcwpc'));
  it('want so many in a row', () => expect(run(3, 2, 'pppcppcccp')).toBe('..p....cc.'));
  it('count warnings as successes', () => expect(run(2, 1, 'cwpw')).toBe('c.pw'));
});

describe('the tail of an output', () => {
  it('is the end of what was written, whatever the pieces', () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 50 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 100 }), (chunks, limit) => {
        const tail = new OutputTail(limit);
        for (const chunk of chunks) tail.write(chunk);
        const all = Buffer.concat(chunks);
        expect(tail.text()).toBe(all.subarray(Math.max(0, all.length - limit)).toString('utf8'));
        expect(tail.totalBytes).toBe(all.length);
        expect(tail.isCut).toBe(all.length > limit);
      }),
    );
  });

  it('of megabytes in small pieces is made in little time', () => {
    const tail = new OutputTail(4096);
    const piece = Buffer.alloc(16, 'x');
    for (let i = 0; i < 100_000; i++) tail.write(piece);
    expect(tail.text()).toBe('x'.repeat(4096));
  });

  it('a text that is too long says how long it was', () => {
    expect(cutText('abc', 3)).toBe('abc');
    expect(cutText('abcd', 3)).toBe('abc ... (captured 3 of 4 bytes)');
  });
});

describe('aliases', () => {
  const checks = [
    checkNamed('node', { Status: 'passing' }),
    checkNamed('web', { Status: 'warning', ServiceID: 'web', Output: 'slow' }),
    checkNamed('db', { Status: 'critical', ServiceID: 'db', Output: 'down' }),
  ];

  it('are as well as the checks of the service and of its node', () => {
    expect(aliasResult(checks, 'web', 'me', true)).toEqual({
      status: 'warning',
      output: 'Aliased check "web" failing: slow',
    });
    expect(aliasResult(checks, 'db', 'me', true).status).toBe('critical');
    expect(aliasResult(checks, 'other', 'me', true)).toEqual({ status: 'passing', output: 'All checks passing.' });
    expect(aliasResult([], 'other', 'me', true)).toEqual({ status: 'passing', output: 'No checks found.' });
  });

  it('of a whole node are as well as everything on it, themselves aside', () => {
    expect(aliasResult(checks, '', 'me', false).output).toBe('Aliased check "db" failing: down');
    expect(aliasResult(checks.slice(2), '', 'db', false).status).toBe('passing');
  });

  it('of a service that is not there are critical', () => {
    expect(aliasResult([], 'gone', 'me', false).status).toBe('critical');
  });
});

describe('the health protocol', () => {
  it('asks as protobuf and gRPC prescribe', () => {
    expect(encodeHealthRequest('').toString('hex')).toBe('0000000000');
    expect(encodeHealthRequest('svc').toString('hex')).toBe('00000000050a03737663');
    expect(encodeHealthRequest('x'.repeat(200)).subarray(0, 8).toString('hex')).toBe('00000000cb0ac801');
  });

  it('understands every status, and none as unknown', () => {
    for (const [code, status] of servingStatuses.entries()) {
      expect(decodeHealthAnswer(Uint8Array.of(0, 0, 0, 0, 2, 8, code))).toBe(status);
    }
    expect(decodeHealthAnswer(Uint8Array.of(0, 0, 0, 0, 0))).toBe('UNKNOWN');
    expect(decodeHealthAnswer(Uint8Array.of(0, 0, 0, 0, 6, 0x12, 2, 1, 2, 8, 1))).toBe('SERVING');
  });

  it('survives garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        try {
          expect(servingStatuses).toContain(decodeHealthAnswer(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(HealthProtocolError);
        }
      }),
    );
  });
});

describe('addresses and failures', () => {
  it('targets are split into host and port', () => {
    expect(splitTarget('example.com:80')).toEqual({ host: 'example.com', port: 80 });
    expect(splitTarget('[::1]:80')).toEqual({ host: '::1', port: 80 });
    expect(splitTarget(':80')).toEqual({ host: 'localhost', port: 80 });
    for (const wrong of ['', 'x', 'x:', 'x:y', '::1:80', 'x:70000']) expect(splitTarget(wrong)).toBeNull();
  });

  it('failures are told in the words of Go', () => {
    const refused = { code: 'ECONNREFUSED', syscall: 'connect', address: '::1', port: 80 };
    expect(networkErrorText(Object.assign(new Error('x'), refused), 'h:80')).toBe(
      'dial tcp [::1]:80: connect: connection refused',
    );
    const unknown = { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'nowhere' };
    expect(networkErrorText(Object.assign(new Error('x'), unknown), 'nowhere:80')).toBe(
      'dial tcp: lookup nowhere: no such host',
    );
    expect(networkErrorText('odd', 'h:80')).toBe('odd');
  });
});
