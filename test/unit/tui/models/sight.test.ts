import { describe, expect, it } from 'vitest';
import type { DatacenterSnapshot } from '../../../../src/tui/models/datacenter.ts';
import { sightOf } from '../../../../src/tui/models/sight.ts';

type Facts = Parameters<typeof sightOf>[0];

const live = (value: unknown) => ({ link: { kind: 'live', sinceMs: 0 }, value, confirmedMs: 0 });
const denied = { link: { kind: 'denied', sinceMs: 0, failure: { kind: 'denied', message: '' } }, confirmedMs: 0 };

/** What a token sees that may see all. */
const facts = (over: Partial<Record<keyof DatacenterSnapshot, unknown>> = {}): Facts =>
  ({
    agent: live({}),
    autopilot: live({}),
    checks: live([{ CheckID: 'serfHealth' }]),
    leader: live('127.0.0.1:8300'),
    members: live([{}]),
    services: live({ consul: [] }),
    ...over,
    // Only what is looked at is there.
  }) as unknown as Facts;

describe('what a token sees', () => {
  it('is all, where the traces of every datacenter are there', () => {
    expect(sightOf(facts())).toEqual({ isBlind: false, hidden: [] });
  });

  it('is not all, where one of them is missing', () => {
    expect(sightOf(facts({ members: live([]) }))?.hidden).toEqual(['nodes']);
    expect(sightOf(facts({ services: live({ web: [] }), checks: live([{ CheckID: 'web' }]) }))).toEqual({
      isBlind: false,
      hidden: ['nodes', 'services'],
    });
    expect(sightOf(facts({ agent: denied, autopilot: denied }))?.hidden).toEqual(['servers', 'the agent']);
  });

  it('is nothing, where all lists are empty', () => {
    const nothing = facts({ members: live([]), services: live({}), checks: live([]) });
    expect(sightOf(nothing)).toEqual({ isBlind: true, hidden: ['nodes', 'services'] });
  });

  it('is not known before the answers, and without a leader', () => {
    expect(sightOf(facts({ checks: denied }))).toBeUndefined();
    expect(sightOf(facts({ leader: live('') }))).toBeUndefined();
  });
});
