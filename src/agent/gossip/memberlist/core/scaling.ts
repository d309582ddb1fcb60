/** How timers and limits grow with the size of the pool (wire facts of memberlist, sections 5 and 7). */

/** How often one broadcast is sent at most: mult * ceil(log10(n + 1)). */
export function retransmitLimit(mult: number, nodes: number): number {
  return mult * Math.ceil(Math.log10(nodes + 1));
}

/** Shortest time a node stays suspect. Whole milliseconds. */
export function suspicionMinMs(mult: number, nodes: number, probeIntervalMs: number): number {
  const nodeScale = Math.max(1, Math.log10(Math.max(1, nodes)));
  return Math.floor((mult * Math.floor(nodeScale * 1000) * probeIntervalMs) / 1000);
}

const pushPullScaleThreshold = 32;

/** Time between full state exchanges: up to 32 nodes the interval itself, then one more of it with each doubling. */
export function pushPullIntervalMs(intervalMs: number, nodes: number): number {
  if (nodes <= pushPullScaleThreshold) return intervalMs;
  return intervalMs * (1 + Math.ceil(Math.log2(nodes) - Math.log2(pushPullScaleThreshold)));
}
