import { describe, expect, it } from 'vitest';
import { FloodGate, floodLimit } from '../../../../src/agent/telemetry/flood-gate.ts';

describe('a flood of one message', () => {
  it('is let through up to its limit, then every hundredth, and what was not is counted', () => {
    const gate = new FloodGate();
    expect(gate.tick(0)).toEqual([]);
    const through = Array.from({ length: floodLimit + 1_000 }, () => gate.admits('agent.rpc', 'it fails')).filter(
      Boolean,
    );
    expect(through).toHaveLength(floodLimit + 10);
    expect(gate.tick(9_999)).toEqual([]);
    expect(gate.tick(10_000)).toEqual([
      { name: 'agent.rpc', message: 'it fails', count: 990, seen: floodLimit + 1_000 },
    ]);
    expect(gate.admits('agent.rpc', 'it fails')).toBe(true);
  });

  it('does not touch other messages, nor the same of other parts', () => {
    const gate = new FloodGate();
    gate.tick(0);
    for (let i = 0; i < floodLimit; i++) gate.admits('a', 'x');
    expect(gate.admits('a', 'x')).toBe(false);
    expect(gate.admits('a', 'y')).toBe(true);
    expect(gate.admits('b', 'x')).toBe(true);
  });

  it('with ever new words is bounded', () => {
    const gate = new FloodGate();
    gate.tick(0);
    for (let i = 0; i < 5_000; i++) expect(gate.admits('a', `message ${i}`)).toBe(true);
  });
});
