/**
 * Whether a history could have come from one place that does one thing after another, each between its call and its return (Wing and
 * Gong's search, with Lowe's memory of configurations that led nowhere).
 */

export interface Operation<I> {
  /** Places in the order in which calls and returns happened. */
  readonly call: number;
  /** Infinity: nobody knows whether it happened, or when. */
  readonly ret: number;
  readonly input: I;
}

export interface Model<I> {
  readonly initial: string;
  /** The state after the operation, or null when its outcome could not come about in this state. */
  readonly step: (state: string, input: I) => string | null;
}

export type Verdict<I> =
  | { readonly kind: 'linearizable' }
  /** `stuck`: what could not be explained together with the longest order that was found. */
  | { readonly kind: 'impossible'; readonly stuck: readonly Operation<I>[]; readonly states: readonly string[] }
  | { readonly kind: 'tooHard' };

interface Node<I> {
  readonly operation: Operation<I>;
  readonly number: number;
  readonly isCall: boolean;
  /** The return that belongs to a call. */
  match: Node<I> | null;
  prev: Node<I> | null;
  next: Node<I> | null;
}

/** @param budget steps after which the search is given up */
export function checkLinearizable<I>(history: readonly Operation<I>[], model: Model<I>, budget = 500_000): Verdict<I> {
  const head = listOf(history);
  const done = new Uint32Array((history.length + 31) >> 5);
  const seen = new Set<string>();
  const stack: { readonly call: Node<I>; readonly state: string }[] = [];
  let state = model.initial;
  let open = history.filter(({ ret }) => ret !== Number.POSITIVE_INFINITY).length;
  let at = head.next;
  let deepest = -1;
  let stuck: { readonly at: number; readonly states: Set<string> } = { at: 0, states: new Set() };
  for (let steps = 0; open > 0; steps++) {
    if (steps > budget) return { kind: 'tooHard' };
    if (at?.isCall) {
      const next = model.step(state, at.operation.input);
      // What nobody knows to have happened, and what would change nothing, needs no place.
      const idle = next === state && at.operation.ret === Number.POSITIVE_INFINITY;
      if (next !== null && !idle && isNew(seen, done, at.number, next)) {
        stack.push({ call: at, state });
        state = next;
        done[at.number >> 5]! |= 1 << (at.number & 31);
        if (at.operation.ret !== Number.POSITIVE_INFINITY) open--;
        lift(at);
        at = head.next;
      } else at = at.next;
      continue;
    }
    // A return whose call has no place yet, or the end: the order so far leads nowhere.
    if (stack.length > deepest) {
      deepest = stack.length;
      stuck = { at: at?.operation.ret ?? Number.POSITIVE_INFINITY, states: new Set() };
    }
    if (stack.length === deepest) stuck.states.add(state);
    const last = stack.pop();
    if (!last) {
      const around = history.filter(({ call, ret }) => call <= stuck.at && ret >= stuck.at);
      return { kind: 'impossible', stuck: around, states: [...stuck.states] };
    }
    state = last.state;
    done[last.call.number >> 5]! &= ~(1 << (last.call.number & 31));
    if (last.call.operation.ret !== Number.POSITIVE_INFINITY) open++;
    unlift(last.call);
    at = last.call.next;
  }
  return { kind: 'linearizable' };
}

function listOf<I>(history: readonly Operation<I>[]): Node<I> {
  const nodes: { readonly place: number; readonly node: Node<I> }[] = [];
  for (const [number, operation] of history.entries()) {
    const blank = { operation, number, match: null, prev: null, next: null };
    const call: Node<I> = { ...blank, isCall: true };
    nodes.push({ place: operation.call, node: call });
    if (operation.ret === Number.POSITIVE_INFINITY) continue;
    call.match = { ...blank, isCall: false };
    nodes.push({ place: operation.ret, node: call.match });
  }
  nodes.sort((a, b) => a.place - b.place);
  const head: Node<I> = { operation: null as never, number: -1, isCall: false, match: null, prev: null, next: null };
  let last = head;
  for (const { node } of nodes) {
    last.next = node;
    node.prev = last;
    last = node;
  }
  return head;
}

function take<I>(node: Node<I>): void {
  node.prev!.next = node.next;
  if (node.next) node.next.prev = node.prev;
}

function putBack<I>(node: Node<I>): void {
  node.prev!.next = node;
  if (node.next) node.next.prev = node;
}

function lift<I>(call: Node<I>): void {
  take(call);
  if (call.match) take(call.match);
}

function unlift<I>(call: Node<I>): void {
  if (call.match) putBack(call.match);
  putBack(call);
}

/** Remembers this set of operations with this state; false if it was there before. */
function isNew(seen: Set<string>, done: Uint32Array, number: number, state: string): boolean {
  const word = number >> 5;
  const before = done[word]!;
  done[word] = before | (1 << (number & 31));
  let key = state;
  for (let i = 0; i < done.length; i++) key += `,${done[i]!.toString(36)}`;
  done[word] = before;
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}
