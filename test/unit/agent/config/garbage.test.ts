/** Whatever stands in files and flags, loading ends with a configuration or with a text. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leavesOf } from '../../../../src/agent/config/field.ts';
import { agentFlags, parseAgentFlags } from '../../../../src/agent/config/flags.ts';
import { schema } from '../../../../src/agent/config/schema.ts';
import { setupError } from '../../../../src/agent/config/start-checks.ts';
import { fakeHost, load } from './fake-host.ts';

const keys = leavesOf(schema).map(({ key }) => key.split('.'));

const odd = fc.constantFrom<unknown>(
  ...[
    '',
    'x',
    '1s',
    '-1s',
    '1e9h',
    '0.0.0.0',
    '::',
    '[::1]',
    'unix://',
    '10.0.0.0/8',
    '{{ GetPrivateIP }}',
    '{{',
    'a b',
    'true',
    '{"a":',
  ],
  ...[
    0,
    -1,
    1,
    3,
    70_000,
    1e300,
    0.5,
    true,
    false,
    null,
    [],
    [[]],
    {},
    [{}, {}],
    { kind: {} },
    [{ kind: [{}] }],
    { name: 'x', check: [{ http: 1 }] },
  ],
);
const value = fc.oneof(odd, fc.string(), fc.array(odd, { maxLength: 3 }), fc.jsonValue({ maxDepth: 2 }));

/** `{acl: {tokens: {agent: value}}}` for a path of the schema, or for a path that ends too early. */
const setting = fc
  .tuple(fc.constantFrom(...keys), fc.nat(3), value)
  .map(([path, cut, leaf]) =>
    path
      .slice(0, Math.max(1, path.length - (cut === 3 ? 1 : 0)))
      .reduceRight<unknown>((inner, name) => ({ [name]: inner }), leaf),
  );

const deepMerge = (a: unknown, b: unknown): unknown => {
  const mergeable = (v: unknown): v is Record<string, unknown> =>
    typeof v === 'object' && v !== null && !Array.isArray(v);
  if (!mergeable(a) || !mergeable(b)) return b;
  const out: Record<string, unknown> = { ...a };
  for (const [key, inner] of Object.entries(b)) out[key] = key in out ? deepMerge(out[key], inner) : inner;
  return out;
};

const ends = (argv: readonly string[], files: Record<string, string> = {}): void => {
  const host = fakeHost(files);
  const result = load(argv, host);
  if (result.kind === 'error') expect(result.message).not.toBe('');
  else {
    JSON.stringify(result.loaded.config.debug);
    setupError(result.loaded, host.files);
  }
};

describe('loading never throws', () => {
  it('on odd values of known keys', () => {
    fc.assert(
      fc.property(fc.array(setting, { minLength: 1, maxLength: 5 }), (settings) => {
        ends(['-dev', '-config-file=/c.json'], { '/c.json': JSON.stringify(settings.reduce(deepMerge, {})) });
      }),
      { numRuns: 5_000 },
    );
  }, 60_000);

  it('on odd values of flags', () => {
    const flag = fc
      .tuple(fc.constantFrom(...agentFlags), fc.oneof(odd, fc.string()))
      .map(([{ name }, text]) => `-${name}=${text}`);
    fc.assert(
      fc.property(fc.array(flag, { maxLength: 5 }), (argv) => {
        if (parseAgentFlags(argv).kind === 'flags') ends(argv);
      }),
      { numRuns: 5_000 },
    );
  }, 60_000);
});
