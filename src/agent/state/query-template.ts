/**
 * Templates of prepared queries: texts with `${name.full}`, `${name.prefix}`, `${name.suffix}`, `${agent.segment}` and
 * `${match(n)}`, filled in from the name that was asked for.
 */
import { compileGoRegexp, GoRegexpError } from '../../lib/go-regexp.ts';
import { dictOf } from '../../structs/dict.ts';
import type { PreparedQuery, ServiceQuery } from '../../structs/prepared-query.ts';
import { CommandError } from './store.ts';

export const isTemplate = (query: PreparedQuery): boolean => query.Template.Type !== '';

interface Values {
  readonly variables: Readonly<Record<string, string>>;
  /** What the regular expression found; null when it did not match. */
  readonly match: readonly (string | undefined)[] | null;
}

type Piece = (values: Values) => string;

/** Throws CommandError for a template that cannot be used. */
export function checkTemplate(query: PreparedQuery): void {
  const fail = (what: string): never => {
    throw new CommandError(`failed compiling template: ${what}`);
  };
  if (query.Template.Type !== 'name_prefix_match') fail(`Bad Template.Type '${query.Template.Type}'`);
  try {
    compileGoRegexp(query.Template.Regexp);
  } catch (error) {
    if (error instanceof GoRegexpError) fail(`Bad Regexp: ${error.message}`);
    throw error;
  }
  mapTexts(query.Service, (text, path) => {
    const parsed = parse(text);
    if (typeof parsed === 'string') fail(`Bad format '${text}' in Service${path}: ${parsed}`);
    return text;
  });
}

/** The query that a template becomes for a name. */
export function renderTemplate(query: PreparedQuery, name: string, segment: string): PreparedQuery {
  const { Regexp, RemoveEmptyTags } = query.Template;
  const values: Values = {
    variables: {
      'name.full': name,
      'name.prefix': query.Name,
      'name.suffix': name.slice(query.Name.length),
      'agent.segment': segment,
    },
    match: Regexp === '' ? null : compileGoRegexp(Regexp).exec(name),
  };
  const Service = mapTexts(query.Service, (text) => {
    const parsed = parse(text);
    return typeof parsed === 'string' ? text : parsed.map((piece) => piece(values)).join('');
  });
  if (RemoveEmptyTags && Service.Tags !== null) Service.Tags = Service.Tags.filter((tag) => tag !== '');
  return { ...query, Service };
}

/** A copy with every text replaced. */
function mapTexts(service: ServiceQuery, replace: (text: string, path: string) => string): ServiceQuery {
  const list = (texts: string[] | null, path: string): string[] | null =>
    texts?.map((text, i) => replace(text, `${path}[${i}]`)) ?? null;
  const values = (texts: Record<string, string> | null, path: string): Record<string, string> | null =>
    texts === null ? null : dictOf(Object.entries(texts).map(([key, text]) => [key, replace(text, `${path}[${key}]`)]));
  return {
    ...service,
    Service: replace(service.Service, '.Service'),
    Failover: { ...service.Failover, Datacenters: list(service.Failover.Datacenters, '.Failover.Datacenters') },
    IgnoreCheckIDs: list(service.IgnoreCheckIDs, '.IgnoreCheckIDs'),
    Near: replace(service.Near, '.Near'),
    Tags: list(service.Tags, '.Tags'),
    NodeMeta: values(service.NodeMeta, '.NodeMeta'),
    ServiceMeta: values(service.ServiceMeta, '.ServiceMeta'),
  };
}

const call = /^\s*match\(\s*(\d+)\s*\)\s*$/;
const variables: ReadonlySet<string> = new Set(['name.full', 'name.prefix', 'name.suffix', 'agent.segment']);

/** The pieces of a text, or what is wrong with it. */
function parse(text: string): Piece[] | string {
  const pieces: Piece[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('${', at);
    if (open < 0) {
      const rest = text.slice(at);
      pieces.push(() => rest);
      return pieces;
    }
    // A doubled sign stands for itself.
    const isLiteral = text[open - 1] === '$';
    const before = text.slice(at, isLiteral ? open - 1 : open);
    pieces.push(() => before);
    if (isLiteral) {
      pieces.push(() => '${');
      at = open + 2;
      continue;
    }
    const close = text.indexOf('}', open);
    if (close < 0) return `parse error at 1:${text.length + 1}: expected "}" but found end of string`;
    const piece = expression(text.slice(open + 2, close));
    if (typeof piece === 'string') return piece;
    pieces.push(piece);
    at = close + 1;
  }
}

function expression(text: string): Piece | string {
  const group = call.exec(text)?.[1];
  if (group !== undefined) return ({ match }) => match?.[Number(group)] ?? '';
  const name = text.trim();
  if (variables.has(name)) return (values) => values.variables[name] as string;
  return /^[A-Za-z_][\w.]*$/.test(name) ? `unknown variable accessed: ${name}` : `parse error: ${name}`;
}
