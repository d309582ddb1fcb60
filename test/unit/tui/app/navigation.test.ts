import { describe, expect, it } from 'vitest';
import {
  ascend,
  backward,
  descend,
  forward,
  jump,
  type Navigation,
  startAt,
  topOf,
} from '../../../../src/tui/app/navigation.ts';

const path = ({ stack }: Navigation<string>) => stack.join(' > ');

describe('navigation', () => {
  it('goes down and up a level at a time, and never above the first', () => {
    const deep = descend(descend(startAt('services'), 'web'), 'web-1');
    expect(path(deep)).toBe('services > web > web-1');
    expect(path(ascend(deep))).toBe('services > web');
    expect(path(ascend(ascend(ascend(deep))))).toBe('services');
  });

  it('begins anew with another view', () => {
    expect(path(jump(descend(startAt('services'), 'web'), 'kv'))).toBe('kv');
  });

  it('goes back and forth through what was seen', () => {
    const here = jump(descend(startAt('services'), 'web'), 'kv');
    expect(path(backward(here))).toBe('services > web');
    expect(path(backward(backward(here)))).toBe('services');
    expect(path(backward(backward(backward(here))))).toBe('services');
    expect(path(forward(backward(here)))).toBe('kv');
    expect(path(forward(here))).toBe('kv');
  });

  it('forgets the way forward when one goes elsewhere', () => {
    const elsewhere = jump(backward(jump(startAt('a'), 'b')), 'c');
    expect(path(forward(elsewhere))).toBe('c');
    expect(path(backward(elsewhere))).toBe('a');
  });

  it('remembers a limited number of steps', () => {
    let navigation = startAt('0');
    for (let step = 1; step < 1000; step++) navigation = jump(navigation, String(step));
    expect(navigation.past.length).toBeLessThanOrEqual(30);
    expect(topOf(navigation)).toBe('999');
  });
});
