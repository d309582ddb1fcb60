/** Rules compiled to decisions. An exact rule comes before prefixes, of these the longest counts; without a rule, the default. */
import type { Level, NamedResource, NamedRule, Rules, SingleResource } from './rules.ts';

export type Resource = NamedResource | SingleResource | 'intention' | 'snapshot';
/** `write-prefix`: everything below a prefix of keys. */
export type Access = 'read' | 'list' | 'write' | 'write-prefix';
/**
 * What holds where no rule speaks: everything but the ACL system itself and what contains all of it (allow), nothing
 * (deny), or everything (manage).
 */
export type Fallback = 'allow' | 'deny' | 'manage';

export interface Verdict {
  readonly allowed: boolean;
  /** The rule that decided, as it would be written; or the default. */
  readonly because: string;
}

export interface Authorizer {
  /** `name`: the key, node, service and so on; '' where there is one of the resource. */
  allows(resource: Resource, access: Access, name?: string): boolean;
  /** All of a resource, whatever it is called. */
  allowsAll(resource: NamedResource, access: Access): boolean;
  explain(resource: Resource, access: Access, name?: string): Verdict;
  /** Nothing is refused: lists need not be looked through. */
  readonly unlimited: boolean;
  /** Of the token it is for; '' where there is none. */
  readonly accessor: string;
}

/** What decided; null where no rule does. */
interface Entry {
  readonly level: Level;
  readonly text: string;
}
interface Decision {
  readonly allowed: boolean;
  readonly text: string;
}

const precedence: Readonly<Record<Level, number>> = { read: 0, list: 1, write: 2, deny: 3 };
const grants = (level: Level, access: Access): boolean =>
  level === 'write' || (level !== 'deny' && access === 'read') || (level === 'list' && access === 'list');

/** Of several rules for the very same thing the more careful one counts: deny, then write, list, read. */
const stronger = (a: Entry | undefined, b: Entry): Entry =>
  a !== undefined && precedence[a.level] >= precedence[b.level] ? a : b;

/** The rules of one resource. */
class RuleSet {
  readonly #exact = new Map<string, Entry>();
  readonly #prefixes = new Map<string, Entry>();
  /** Lengths of prefixes in use, the longest first. */
  #lengths: number[] = [];

  get isEmpty(): boolean {
    return this.#exact.size === 0 && this.#prefixes.size === 0;
  }

  add(name: string, prefix: boolean, entry: Entry): void {
    const rules = prefix ? this.#prefixes : this.#exact;
    rules.set(name, stronger(rules.get(name), entry));
    if (prefix && !this.#lengths.includes(name.length)) {
      this.#lengths = [...this.#lengths, name.length].sort((a, b) => b - a);
    }
  }

  find(name: string): Entry | undefined {
    return this.#exact.get(name) ?? this.findPrefix(name);
  }

  findPrefix(name: string): Entry | undefined {
    for (const length of this.#lengths) {
      if (length > name.length) continue;
      const entry = this.#prefixes.get(length === name.length ? name : name.slice(0, length));
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /** A rule for something that begins with `prefix` and does not grant the access. */
  refusalBelow(prefix: string, access: Access): Entry | undefined {
    for (const rules of [this.#exact, this.#prefixes]) {
      for (const [name, entry] of rules) if (name.startsWith(prefix) && !grants(entry.level, access)) return entry;
    }
    return undefined;
  }

  /** Whether any of the rules grants it; null when there are none. */
  any(access: Access): Decision | null {
    let last: Entry | undefined;
    for (const rules of [this.#exact, this.#prefixes]) {
      for (const entry of rules.values()) {
        if (grants(entry.level, access)) return { allowed: true, text: entry.text };
        last = entry;
      }
    }
    return last === undefined ? null : { allowed: false, text: last.text };
  }

  /** Whether all names are granted it; null when rules neither refuse it nor cover all. */
  all(access: Access): Decision | null {
    const refusal = this.refusalBelow('', access);
    if (refusal !== undefined) return { allowed: false, text: refusal.text };
    const root = this.#prefixes.get('');
    return root === undefined ? null : { allowed: true, text: root.text };
  }
}

const decided = (entry: Entry | undefined, access: Access): Decision | null =>
  entry === undefined ? null : { allowed: grants(entry.level, access), text: entry.text };

const nothing = new RuleSet();

/** Of all policies of a token together; `sources` are merged rule by rule. */
export function createAuthorizer(sources: readonly Rules[], fallback: Fallback, accessor = ''): Authorizer {
  const sets = new Map<Resource, RuleSet>();
  const single = new Map<Resource, Entry>();
  const add = (resource: Resource, rule: NamedRule, entry: Entry): void => {
    const set = sets.get(resource) ?? new RuleSet();
    sets.set(resource, set);
    set.add(rule.name, rule.prefix, entry);
  };
  for (const rules of sources) {
    for (const [resource, level] of Object.entries(rules.single) as [SingleResource, Level][]) {
      single.set(resource, stronger(single.get(resource), { level, text: `${resource} = "${level}"` }));
    }
    for (const rule of rules.named) {
      const text = textOf(rule);
      add(rule.resource, rule, { level: rule.level, text });
      if (rule.resource === 'service') add('intention', rule, { level: intentionsOf(rule), text });
    }
  }

  const decide = (resource: Resource, access: Access, name: string): Decision | null => {
    const set = sets.get(resource) ?? nothing;
    switch (resource) {
      case 'acl':
      case 'keyring':
      case 'operator':
        return decided(single.get(resource), access);
      case 'snapshot':
        // A snapshot has all tokens in it.
        return decided(single.get('acl'), 'write');
      case 'intention':
        if (name === '*') return access === 'read' ? set.any(access) : set.all(access);
        return decided(set.find(name), access);
      case 'key':
        return access === 'write-prefix' ? decidePrefix(set, name) : decided(set.find(name), access);
      default:
        return decided(set.find(name), access);
    }
  };
  const byDefault = (resource: Resource): boolean =>
    fallback === 'manage' || (fallback === 'allow' && resource !== 'acl' && resource !== 'snapshot');

  return {
    accessor,
    unlimited: fallback !== 'deny' && sets.size === 0 && single.size === 0,
    allows: (resource, access, name = '') => decide(resource, access, name)?.allowed ?? byDefault(resource),
    allowsAll: (resource, access) => (sets.get(resource) ?? nothing).all(access)?.allowed ?? byDefault(resource),
    explain(resource, access, name = '') {
      const decision = decide(resource, access, name);
      if (decision !== null) return { allowed: decision.allowed, because: decision.text };
      const because = fallback === 'manage' ? 'management token' : `default_policy = "${fallback}"`;
      return { allowed: byDefault(resource), because };
    },
  };
}

/** Only who may write all that is below a prefix may remove it. */
function decidePrefix(set: RuleSet, prefix: string): Decision | null {
  const refusal = set.refusalBelow(prefix, 'write');
  if (refusal !== undefined) return { allowed: false, text: refusal.text };
  return decided(set.findPrefix(prefix), 'write');
}

/** Whoever may see a service may see its intentions, unless the rule says otherwise. */
function intentionsOf({ level, intentions }: NamedRule): Level {
  if (intentions !== '') return intentions;
  return level === 'deny' ? 'deny' : 'read';
}

const textOf = ({ resource, name, prefix, level, intentions }: NamedRule): string => {
  const more = intentions === '' ? '' : ` intentions = "${intentions}"`;
  return `${resource}${prefix ? '_prefix' : ''} ${JSON.stringify(name)} { policy = "${level}"${more} }`;
};

/** Nobody is refused anything: how it is while ACLs are off. */
export const unrestricted: Authorizer = createAuthorizer([], 'manage');
