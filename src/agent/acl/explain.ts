/** Decisions with the way to them: which rule decided, from where the token has it, and which other rules spoke. */
import { bool, type Infer, slice, str, struct } from '../../structs/schema.ts';
import { type Access, type Authorizer, createAuthorizer, type Resource } from './authorizer.ts';
import type { Source } from './grants.ts';

export const SpokenRule = struct('SpokenRule', { Rule: str, From: slice(str) });

export const Explanation = struct('Explanation', {
  Resource: str,
  Segment: str,
  Access: str,
  Allow: bool,
  /** The rule that decided, or what holds where no rule speaks. */
  Because: str,
  /** By which ways the token has it; empty for defaults. */
  From: slice(str),
  /** Rules of other policies for the same thing, which lost to it. */
  Others: slice(SpokenRule),
});
export type Explanation = Infer<typeof Explanation>;

export function explain(
  authorizer: Authorizer,
  sources: readonly Source[],
  resource: Resource,
  access: Access,
  name: string,
): Explanation {
  const { allowed, because } = authorizer.explain(resource, access, name);
  const From: string[] = [];
  const Others: Infer<typeof SpokenRule>[] = [];
  for (const { from, rules, manages } of sources) {
    const way = from.join(' -> ');
    const spoken = ruleOf(rules, resource, access, name);
    if (spoken === because || (manages && because === 'management token')) From.push(way);
    else if (spoken !== null) Others.push({ Rule: spoken, From: [way] });
  }
  return { Resource: resource, Segment: name, Access: access, Allow: allowed, Because: because, From, Others };
}

/** What one policy alone says; null when it says nothing. */
function ruleOf(rules: Source['rules'], resource: Resource, access: Access, name: string): string | null {
  const { because } = createAuthorizer([rules], 'deny').explain(resource, access, name);
  return because === 'default_policy = "deny"' ? null : because;
}
