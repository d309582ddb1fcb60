/** Which protocol versions go together (wire facts of memberlist, section 4, "Version check"). Pure. */

/** pmin, pmax, pcur, dmin, dmax, dcur; zeros where a node says nothing of them. */
export type Vsn = Uint8Array | null;

interface Range {
  readonly min: number;
  readonly max: number;
}

/** What all of some nodes understand: of memberlist, and of what is spoken over it. */
export interface Understood {
  readonly protocol: Range;
  readonly delegate: Range;
}

export function understoodByAll(nodes: Iterable<Vsn>): Understood {
  let protocol: Range = { min: 0, max: 255 };
  let delegate: Range = { min: 0, max: 255 };
  for (const vsn of nodes) {
    protocol = narrowed(protocol, vsn?.[0], vsn?.[1]);
    delegate = narrowed(delegate, vsn?.[3], vsn?.[4]);
  }
  return { protocol, delegate };
}

const narrowed = ({ min, max }: Range, otherMin = 0, otherMax = 0): Range => ({
  min: Math.max(min, otherMin),
  max: Math.min(max, otherMax),
});

/** Why a node that speaks `vsn` is not understood by all; null = it is. */
export function misfit(name: string, vsn: Vsn, { protocol, delegate }: Understood): string | null {
  const [spoken = 0, over = 0] = [vsn?.[2], vsn?.[5]];
  if (!within(spoken, protocol)) return complaint(name, 'protocol', spoken, protocol);
  return within(over, delegate) ? null : complaint(name, 'delegate protocol', over, delegate);
}

const within = (version: number, { min, max }: Range): boolean => version >= min && version <= max;
const complaint = (name: string, what: string, version: number, { min, max }: Range): string =>
  `Node '${name}' ${what} version (${version}) is incompatible: [${min}, ${max}]`;
