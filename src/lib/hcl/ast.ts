/** The syntax tree of HCL version 1: objects are lists of items in the order written, every node knows where it stands. */

export type Node = ObjectNode | ListNode | LiteralNode;

export interface ObjectNode {
  readonly kind: 'object';
  readonly items: readonly Item[];
  readonly offset: number;
}

export interface ListNode {
  readonly kind: 'list';
  readonly elements: readonly Node[];
  readonly offset: number;
}

export interface LiteralNode {
  readonly kind: 'literal';
  readonly value: string | number | boolean | null;
  readonly offset: number;
}

/** `key = value`, or `key "label" … { }` with one or more keys. */
export interface Item {
  readonly keys: readonly { readonly name: string; readonly offset: number }[];
  readonly value: Node;
}
