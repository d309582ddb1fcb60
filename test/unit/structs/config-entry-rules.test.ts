import { describe, expect, it } from 'vitest';
import { decodeConfigEntry } from '../../../src/structs/config-entry-decode.ts';
import { lookOverEntry } from '../../../src/structs/config-entry-rules/index.ts';
import type { ServiceIntentionsConfigEntry } from '../../../src/structs/intention.ts';

function look(document: Record<string, unknown>) {
  const entry = decodeConfigEntry(document);
  return lookOverEntry(entry.Kind, entry as never) as { entry: Record<string, unknown>; fault: string | null };
}
const faultOf = (document: Record<string, unknown>) => look({ Name: 'x', ...document }).fault;

describe('config entries', () => {
  it.each([
    [{ Kind: 'service-defaults', Name: '' }, 'Name is required'],
    [{ Kind: 'service-splitter', Splits: [{ Weight: 50 }] }, 'the sum of all split weights must be 100, not 50.000000'],
    [{ Kind: 'service-splitter', Splits: [{ Weight: 33.33 }, { Weight: 66.67, Service: 'y' }] }, null],
    [{ Kind: 'service-resolver', DefaultSubset: 'v1' }, 'DefaultSubset "v1" is not a valid subset'],
    [{ Kind: 'service-resolver', ConnectTimeout: '-1s' }, "Bad ConnectTimeout '-1s', must be >= 0"],
    [
      { Kind: 'service-router', Routes: [{ Match: { HTTP: { Methods: ['get', 'GET'] } } }] },
      'Route[0] Methods contains "GET" more than once',
    ],
    [
      { Kind: 'ingress-gateway', Listeners: [{ Port: 1, Services: [{ Name: 'a' }, { Name: 'b' }] }] },
      "Multiple services per listener are only supported for protocol = 'http' (listener on port 1)",
    ],
    [
      { Kind: 'terminating-gateway', Services: [{ Name: 'a', KeyFile: 'k' }] },
      'Service "a" must have a CertFile, CAFile, and KeyFile specified for TLS origination',
    ],
    [{ Kind: 'service-intentions', Sources: [] }, 'At least one source is required'],
    [
      { Kind: 'service-intentions', Sources: [{ Name: 'w*', Action: 'allow' }] },
      "Sources[0].Name: wildcard character '*' cannot be used with partial values",
    ],
  ])('%j: %s', (document, fault) => {
    expect(faultOf(document)).toBe(fault);
  });

  it('get their normal form', () => {
    expect(look({ Kind: 'proxy-defaults', Name: 'other' }).entry['Name']).toBe('global');
    expect(look({ Kind: 'service-defaults', Name: 'x', Protocol: 'HTTP' }).entry['Protocol']).toBe('http');
    const { entry } = look({
      Kind: 'service-intentions',
      Name: 'x',
      Sources: [
        { Name: '*', Action: 'deny' },
        { Name: 'a', Action: 'allow' },
      ],
    });
    const { Sources } = entry as unknown as ServiceIntentionsConfigEntry;
    expect(Sources!.map(({ Name, Precedence, Type }) => [Name, Precedence, Type])).toEqual([
      ['a', 9, 'consul'],
      ['*', 8, 'consul'],
    ]);
  });

  it.each([
    [[], "'' expected a map, got 'slice'"],
    [{}, 'Payload does not contain a kind/Kind key at the top level'],
    [{ Kind: 5 }, 'Kind value in payload is not a string'],
    [{ Kind: 'zap' }, 'invalid config entry kind: zap'],
    [{ kind: 'mesh', Name: 'x' }, '1 error occurred:\n\t* invalid config key "Name"\n\n'],
  ])('%j is no entry: %s', (document, text) => {
    expect(() => decodeConfigEntry(document)).toThrow(text);
  });

  it('take a block of HCL, which is a list of one, for a struct', () => {
    const entry = decodeConfigEntry({ kind: 'service-resolver', name: 'x', redirect: [{ service: 'y' }] });
    expect(entry['Redirect']).toMatchObject({ Service: 'y' });
  });
});
