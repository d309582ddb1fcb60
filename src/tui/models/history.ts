/** The last minutes of a number, oldest first, for sparklines. */

/** At one sample every two seconds, twenty minutes: as wide as any terminal. */
const capacity = 600;

export type History = readonly number[];

export const emptyHistory: History = [];

export function push(history: History, value: number): History {
  const next = history.length >= capacity ? history.slice(history.length - capacity + 1) : history.slice();
  next.push(value);
  return next;
}
