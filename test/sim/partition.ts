/** Ways to cut a network: which pairs of servers no longer hear each other. */

export const cutStyles = ['isolate', 'one link', 'halves'] as const;
export type CutStyle = (typeof cutStyles)[number];

/** The two in one order: a cut has no direction. */
export const pairOf = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/** `at`: who is isolated, loses a link, or marks where the halves part. */
export function cutPairs(style: CutStyle, ids: readonly string[], at: string): string[] {
  const pairs = ids.flatMap((a) => ids.filter((b) => a < b).map((b) => [a, b] as const));
  const touching = pairs.filter(([a, b]) => a === at || b === at);
  const across = pairs.filter(([a, b]) => a <= at !== b <= at);
  const cut = { isolate: touching, 'one link': touching.slice(0, 1), halves: across }[style];
  return cut.map(([a, b]) => pairOf(a, b));
}
