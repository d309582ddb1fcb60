import { describe, expect, it } from 'vitest';
import { definitionsDebug } from '../../../../src/agent/config/debug-definitions.ts';
import { withDefaults } from '../../../../src/agent/config/settings.ts';

describe('definitions in DebugConfig', () => {
  it('are whole, by the names of the structs, with durations as texts and without secrets', () => {
    const check = { name: 'c', http: 'http://x', interval: '90s', token: 's3cret', header: { Authorization: ['x'] } };
    const settings = withDefaults(
      { checks: [check], services: [{ name: 'web', token: 's3cret', tags: ['a'] }] },
      { dev: true, env: {} },
    );
    const { Checks, Services } = definitionsDebug(settings);
    expect(Checks).toMatchObject([
      { Name: 'c', Interval: '1m30s', TTL: '0s', Token: 'hidden', Header: { Authorization: 'hidden' }, ScriptArgs: [] },
    ]);
    expect(Services).toMatchObject([
      { Name: 'web', Tags: ['a'], Meta: {}, Token: 'hidden', Check: { Interval: '0s' } },
    ]);
    expect(JSON.stringify([Checks, Services])).not.toContain('s3cret');
  });
});
