/** `telemetry.prefix_filter`: the longest matching prefix of a metric's full name decides whether it is kept. */

export interface PrefixRules {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** What happens to names no rule matches, while there are rules or not. */
  readonly otherwise: boolean;
}

export const keepAll: PrefixRules = { allow: [], deny: [], otherwise: true };

/** A prefix that is both allowed and denied is denied. */
export function isAllowed(rules: PrefixRules, name: string): boolean {
  const allowed = longestMatch(rules.allow, name);
  const denied = longestMatch(rules.deny, name);
  if (allowed < 0 && denied < 0) return rules.otherwise;
  return allowed > denied;
}

/** Length of the longest prefix of `name` in the list, -1 if there is none. */
function longestMatch(prefixes: readonly string[], name: string): number {
  let longest = -1;
  for (const prefix of prefixes) {
    if (prefix.length > longest && name.startsWith(prefix)) longest = prefix.length;
  }
  return longest;
}
