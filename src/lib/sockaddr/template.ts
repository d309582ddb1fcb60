/**
 * Address templates: text with `{{ function argument | function argument }}` in it, evaluated against the interfaces of
 * the machine. Pipelines, parentheses, strings and numbers are understood; control structures are refused.
 */

import { TemplateFault, type TemplateFunction, type TemplateValue, templateFunctions } from './filters.ts';
import { formatIp } from './ip.ts';
import type { NetworkView } from './network.ts';

export { TemplateFault };

const maxDepth = 50;

/** Throws TemplateFault. `network` is asked only when there is a template in the text. */
export function renderTemplate(text: string, network: () => NetworkView): string {
  let out = '';
  let at = 0;
  let view: NetworkView | undefined;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open === -1) return out + text.slice(at);
    const close = text.indexOf('}}', open + 2);
    if (close === -1) throw new TemplateFault('unclosed action');
    view ??= network();
    let before = text.slice(at, open);
    let action = text.slice(open + 2, close);
    at = close + 2;
    if (/^-\s/.test(action)) {
      action = action.slice(1);
      before = before.trimEnd();
    }
    if (/\s-$/.test(action)) {
      action = action.slice(0, -1);
      at += /^\s*/.exec(text.slice(at))![0].length;
    }
    out += before + show(new Evaluator(tokensOf(action), view).pipeline());
  }
}

type Token =
  | { readonly kind: '|' | '(' | ')' | 'end' }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'value'; readonly value: string | number };

const tokenShape = /\s*(?:([|()])|"((?:[^"\\]|\\.)*)"|`([^`]*)`|([+-]?\d+)(?![\w.])|([A-Za-z_]\w*))/y;

function tokensOf(action: string): Token[] {
  const tokens: Token[] = [];
  const body = action.trimEnd();
  for (let at = 0; at < body.length; at = tokenShape.lastIndex) {
    tokenShape.lastIndex = at;
    const match = tokenShape.exec(body);
    if (match === null) throw new TemplateFault(`unexpected ${JSON.stringify(body.slice(at).trim()[0])} in action`);
    const [, mark, quoted, raw, digits, name] = match;
    if (mark !== undefined) tokens.push({ kind: mark as '|' | '(' | ')' });
    else if (name !== undefined) tokens.push({ kind: 'name', name });
    else if (digits !== undefined) tokens.push({ kind: 'value', value: Number(digits) });
    else tokens.push({ kind: 'value', value: raw ?? quoted!.replace(/\\(.)/g, '$1') });
  }
  return tokens;
}

class Evaluator {
  private at = 0;
  private depth = 0;
  private readonly tokens: readonly Token[];
  private readonly network: NetworkView;

  constructor(tokens: readonly Token[], network: NetworkView) {
    this.tokens = tokens;
    this.network = network;
  }

  /** The whole action. */
  pipeline(): TemplateValue {
    const value = this.commands();
    if (this.token.kind !== 'end') throw new TemplateFault('unexpected ")" in action');
    return value;
  }

  /** Each command gets the value of the one before as its last argument. */
  private commands(): TemplateValue {
    if (++this.depth > maxDepth) throw new TemplateFault('nested too deeply');
    let value = this.command([]);
    while (this.token.kind === '|') {
      this.at++;
      value = this.command([value]);
    }
    this.depth--;
    return value;
  }

  private command(piped: readonly TemplateValue[]): TemplateValue {
    const { token } = this;
    if (token.kind !== 'name') {
      const value = this.operand();
      if (value === undefined) throw new TemplateFault('missing value for command');
      if (piped.length > 0) throw new TemplateFault('non executable command in pipeline');
      return value;
    }
    this.at++;
    const fn = functionNamed(token.name);
    const args: TemplateValue[] = [];
    for (let arg = this.operand(); arg !== undefined; arg = this.operand()) args.push(arg);
    return fn(this.network, [...args, ...piped]);
  }

  private operand(): TemplateValue | undefined {
    const { token } = this;
    if (token.kind === 'value') {
      this.at++;
      return token.value;
    }
    if (token.kind === 'name') {
      this.at++;
      return functionNamed(token.name)(this.network, []);
    }
    if (token.kind !== '(') return undefined;
    this.at++;
    const value = this.commands();
    if (this.token.kind !== ')') throw new TemplateFault('unclosed left paren');
    this.at++;
    return value;
  }

  private get token(): Token {
    return this.tokens[this.at] ?? { kind: 'end' };
  }
}

function functionNamed(name: string): TemplateFunction {
  const fn = templateFunctions.get(name);
  if (fn === undefined) throw new TemplateFault(`function "${name}" not defined`);
  return fn;
}

function show(value: TemplateValue): string {
  if (typeof value !== 'object') return String(value);
  return `[${value.map((address) => `${formatIp(address.ip)}/${address.prefix}`).join(' ')}]`;
}
