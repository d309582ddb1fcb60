/**
 * Lifeguard's suspicion timer as data: how long a suspect may still refute shrinks with every independent confirmation
 * (Dadgar, Phillips, Currey: "Lifeguard: Local Health Awareness for More Accurate Failure Detection", section IV-B).
 */
export interface Suspicion {
  /** State change the suspicion belongs to; a newer one makes it void. */
  readonly startedMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** Confirmations after which the timeout is at its minimum. */
  readonly expected: number;
  /** Who accused, the first one included (which does not count as a confirmation). */
  readonly accusers: Set<string>;
}

export function startSuspicion(
  accuser: string,
  nowMs: number,
  {
    suspicionMult,
    maxTimeoutMult,
    nodes,
    minMs,
  }: { suspicionMult: number; maxTimeoutMult: number; nodes: number; minMs: number },
): Suspicion {
  const wanted = suspicionMult - 2;
  // With too few nodes to hear from there is nothing to wait for.
  const expected = nodes - 2 < wanted ? 0 : wanted;
  return { startedMs: nowMs, minMs, maxMs: maxTimeoutMult * minMs, expected, accusers: new Set([accuser]) };
}

/** @returns true when this is a new voice that still counts: the accusation is then passed on. */
export function confirm(suspicion: Suspicion, accuser: string): boolean {
  if (suspicion.accusers.size - 1 >= suspicion.expected || suspicion.accusers.has(accuser)) return false;
  suspicion.accusers.add(accuser);
  return true;
}

/** When the suspect is to be declared dead. */
export function deadlineMs(suspicion: Suspicion): number {
  const { minMs, maxMs, expected, accusers } = suspicion;
  if (expected < 1) return suspicion.startedMs + minMs;
  const confirmations = accusers.size - 1;
  const fraction = Math.log(confirmations + 1) / Math.log(expected + 1);
  const timeoutMs = Math.max(minMs, Math.floor(maxMs - fraction * (maxMs - minMs)));
  return suspicion.startedMs + timeoutMs;
}
