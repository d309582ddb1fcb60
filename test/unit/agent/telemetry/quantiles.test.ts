import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Quantiles } from '../../../../src/agent/telemetry/quantiles.ts';

describe('quantiles', () => {
  it('are within two percent of the exact ones', () => {
    const values = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, fc.constantFrom(0.5, 0.9, 0.99), (list, quantile) => {
        const quantiles = new Quantiles();
        for (const value of list) quantiles.add(value);
        const exact = [...list].sort((a, b) => a - b)[Math.max(1, Math.ceil(quantile * list.length)) - 1]!;
        expect(Math.abs(quantiles.at(quantile) / exact - 1)).toBeLessThan(0.0201);
      }),
    );
  });

  it('are exact for equal values, and take zero, negative and enormous ones', () => {
    const quantiles = new Quantiles();
    quantiles.add(5);
    quantiles.add(5);
    expect(quantiles.at(0.5)).toBe(5);
    quantiles.add(-1);
    quantiles.add(1e30);
    expect(quantiles.at(0.01)).toBeGreaterThanOrEqual(-1);
    expect(quantiles.at(1)).toBeLessThanOrEqual(1e30);
  });

  it('forget after two rotations', () => {
    const quantiles = new Quantiles();
    expect(quantiles.at(0.5)).toBeNaN();
    quantiles.add(3);
    quantiles.rotate();
    expect(quantiles.at(0.5)).toBe(3);
    quantiles.rotate();
    expect(quantiles.at(0.5)).toBeNaN();
  });
});
