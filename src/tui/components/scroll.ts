/** Where a text of `length` lines stands after a command, on `height` lines; undefined if it does not scroll. */
import type { Command } from '../keys.ts';

export function scrolled(command: Command, offset: number, length: number, height: number): number | undefined {
  const limit = Math.max(0, length - height);
  const page = Math.max(1, height - 1);
  const targets: Partial<Record<Command, number>> = {
    up: offset - 1,
    down: offset + 1,
    'page-up': offset - page,
    'page-down': offset + page,
    first: 0,
    last: limit,
  };
  const target = targets[command];
  return target === undefined ? undefined : Math.max(0, Math.min(limit, target));
}
