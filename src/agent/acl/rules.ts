/** The rule language of policies, in HCL or JSON: a text to a flat list of rules. */
import { goQuote } from '../../lib/go-format.ts';
import { SyntaxFault } from '../../lib/hcl/errors.ts';
import { parseHcl } from '../../lib/hcl/hcl.ts';

export type Level = 'deny' | 'read' | 'list' | 'write';

/** Resources whose rules name what they are about. */
export type NamedResource = 'agent' | 'key' | 'node' | 'service' | 'session' | 'event' | 'query';
/** Resources there is one of. */
export type SingleResource = 'acl' | 'keyring' | 'operator';

export interface NamedRule {
  readonly resource: NamedResource;
  readonly name: string;
  /** Whether the rule is for all names that begin so. */
  readonly prefix: boolean;
  readonly level: Level;
  /** Of services: what may be done to their intentions; '' says nothing. */
  readonly intentions: Level | '';
}

export interface Rules {
  readonly single: { readonly [R in SingleResource]?: Level };
  readonly named: readonly NamedRule[];
}

/** `legacy`: the language before 1.4, in which every name is a prefix. */
export type Syntax = 'current' | 'legacy';

/** Thrown for a text that is no rules, or says something wrong; the message is the one of the API. */
export class RulesError extends Error {
  override readonly name = 'RulesError';
}

/** In the order in which they are looked at; the Go type and its field for the name are part of the error texts. */
const named: readonly (readonly [resource: NamedResource, goType: string, field: string])[] = [
  ['agent', 'AgentRule', 'Node'],
  ['key', 'KeyRule', 'Prefix'],
  ['node', 'NodeRule', 'Name'],
  ['service', 'ServiceRule', 'Name'],
  ['session', 'SessionRule', 'Node'],
  ['event', 'EventRule', 'Event'],
  ['query', 'PreparedQueryRule', 'Prefix'],
];

const noRules: Rules = { single: {}, named: [] };

/** Keys that are no resource are passed over. Throws RulesError. */
export function parseRules(text: string, syntax: Syntax = 'current'): Rules {
  if (text.trim() === '') return noRules;
  const tree = parse(text);
  const single: { -readonly [R in SingleResource]?: Level } = {};
  const readSingle = (resource: SingleResource): void => {
    const level = textOf(tree[resource]);
    if (level === '') return;
    if (!isLevel(level, false)) throw new RulesError(`Invalid ${resource} policy: ${goQuote(level)}`);
    single[resource] = level;
  };
  readSingle('acl');
  const rules: NamedRule[] = [];
  for (const [resource, goType, field] of named) {
    for (const prefix of [false, true]) {
      const key = prefix ? `${resource}_prefix` : resource;
      for (const [name, body] of blocks(tree[key])) {
        const level = textOf(body['policy']);
        const intentions = resource === 'service' ? textOf(body['intentions']) : '';
        const shown = (): string => {
          const more = resource === 'service' ? `, Intentions:${goQuote(intentions)}` : '';
          const fields = `${field}:${goQuote(name)}, Policy:${goQuote(level)}${more}`;
          return `&acl.${goType}{${fields}, EnterpriseRule:acl.EnterpriseRule{}}`;
        };
        if (!isLevel(level, resource === 'key')) throw new RulesError(`Invalid ${key} policy: ${shown()}`);
        if (intentions !== '' && !isLevel(intentions, false)) {
          throw new RulesError(`Invalid ${key} intentions policy: ${shown()}`);
        }
        rules.push({
          resource,
          name,
          prefix: prefix || syntax === 'legacy',
          level,
          intentions: intentions as Level | '',
        });
      }
    }
  }
  readSingle('keyring');
  readSingle('operator');
  return { single, named: rules };
}

type Tree = Readonly<Record<string, unknown>>;

function parse(text: string): Tree {
  try {
    return parseHcl(text);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) throw error;
    throw new RulesError(`Failed to parse ACL rules: ${error.message}`);
  }
}

/** `key "name" { … }`, repeated or nested, in HCL; `{"key": {"name": {…}}}` in JSON. */
function blocks(value: unknown): [name: string, body: Tree][] {
  return trees(value).flatMap((tree) =>
    Object.entries(tree).flatMap(([name, bodies]) => trees(bodies).map((body): [string, Tree] => [name, body])),
  );
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
const trees = (value: unknown): Tree[] => (Array.isArray(value) ? value : [value]).filter(isTree);

const textOf = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return '';
  }
};

const isLevel = (text: string, listToo: boolean): text is Level =>
  text === 'deny' || text === 'read' || text === 'write' || (listToo && text === 'list');
