/** What a filter expression says, and how it fails to say it. */

/** By the names that error texts use. */
export const operators = {
  equal: 'Equal',
  notEqual: 'Not Equal',
  in: 'In',
  notIn: 'Not In',
  isEmpty: 'Is Empty',
  isNotEmpty: 'Is Not Empty',
  matches: 'Matches',
  notMatches: 'Not Matches',
} as const;
export type Operator = keyof typeof operators;

/** `value` is '' for the operators that take none. */
export interface Match {
  readonly kind: 'match';
  readonly selector: readonly string[];
  readonly operator: Operator;
  readonly value: string;
}

export type Expression =
  | Match
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] };

/** The message is what Consul puts behind "Failed to create boolean expression evaluator: ". */
export class FilterError extends Error {
  override readonly name = 'FilterError';
}
