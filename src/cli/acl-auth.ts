/** What the commands for auth methods and binding rules share. */
import type { AclApi, AuthMethod, BindingRule } from '../client/acl.ts';
import { complete, type Shown, textOf } from './acl.ts';
import { CliError } from './command.ts';
import { flag } from './flags.ts';
import { toJson, wantsJson } from './format.ts';
import type { GivenFlag } from './go-flags.ts';

export const methodFlags = {
  description: flag.string('What it is for.'),
  'display-name': flag.string('Name that people are shown.'),
  config: flag.string('Settings of the type as JSON, `@FILE` with them, or `-` for stdin.'),
  'kubernetes-host': flag.string('Address of the Kubernetes API server.'),
  'kubernetes-ca-cert': flag.string('PEM of the CA of that server, or `@FILE`.'),
  'kubernetes-service-account-jwt': flag.string('Token with which other tokens are reviewed.'),
  'max-token-ttl': flag.durationMs('Life of the tokens that logins make.'),
  'token-locality': flag.string('Where those tokens hold: `local` or `global`.'),
};

export const ruleFlags = {
  'bind-type': flag.string('What names are bound to: service, node or role.', { initial: 'service' }),
  'bind-name': flag.string('Name to bind to; may have variables of the identity.'),
  selector: flag.string('Filter expression that identities must match.'),
  description: flag.string('What it is for.'),
};

export const isGiven = (given: readonly GivenFlag[], name: string): boolean => given.some((one) => one.name === name);

interface ConfigFlags {
  readonly config: string;
  readonly 'kubernetes-host': string;
  readonly 'kubernetes-ca-cert': string;
  readonly 'kubernetes-service-account-jwt': string;
}

/** The settings that the flags give; undefined where they give none. */
export async function configOf(
  flags: ConfigFlags,
  io: { stdin(): Promise<Buffer> },
): Promise<Record<string, unknown> | undefined> {
  if (flags.config !== '') {
    const text = await textOf(flags.config, io, 'Error loading configuration file');
    try {
      return JSON.parse(text) as Record<string, unknown>;
    } catch (error) {
      throw new CliError(`Error parsing JSON for auth method config: ${(error as Error).message}`);
    }
  }
  if (flags['kubernetes-host'] === '') return undefined;
  return {
    Host: flags['kubernetes-host'],
    CACert: await textOf(flags['kubernetes-ca-cert'], io, 'Error loading certificate'),
    ServiceAccountJWT: flags['kubernetes-service-account-jwt'],
  };
}

export const ttlOf = (ms: number): { MaxTokenTTL?: number } => (ms === 0 ? {} : { MaxTokenTTL: Math.round(ms * 1e6) });

/** Keys in order, however deep. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, ordered(inner)]));
}

const lines = (rows: readonly string[]): string => rows.map((row) => `${row}\n`).join('');
const optional = (label: string, value: string | undefined): string[] => (value ? [`${label}${value}`] : []);

export function methodText(method: AuthMethod, { meta = false, format }: Shown): string {
  if (wantsJson(format)) return toJson(method);
  return (
    lines([
      `Name:          ${method.Name}`,
      `Type:          ${method.Type}`,
      ...optional('DisplayName:   ', method.DisplayName),
      `Description:   ${method.Description ?? ''}`,
      ...optional('MaxTokenTTL:   ', method.MaxTokenTTL),
      ...optional('TokenLocality: ', method.TokenLocality),
      ...(meta ? [`Create Index:  ${method.CreateIndex}`, `Modify Index:  ${method.ModifyIndex}`] : []),
      'Config:',
    ]) + toJson(ordered(method.Config ?? null), '  ')
  );
}

export function methodsText(methods: readonly AuthMethod[], { meta = false, format }: Shown): string {
  if (wantsJson(format)) return toJson(methods);
  return lines(
    methods.flatMap((method) => [
      `${method.Name}:`,
      `   Type:         ${method.Type}`,
      ...optional('   DisplayName:  ', method.DisplayName),
      `   Description:  ${method.Description ?? ''}`,
      ...(meta ? [`   Create Index: ${method.CreateIndex}`, `   Modify Index: ${method.ModifyIndex}`] : []),
    ]),
  );
}

const ruleRows = (rule: BindingRule, meta: boolean, indent: string): string[] => [
  `${indent}AuthMethod:   ${rule.AuthMethod}`,
  `${indent}Description:  ${rule.Description}`,
  `${indent}BindType:     ${rule.BindType}`,
  `${indent}BindName:     ${rule.BindName}`,
  `${indent}Selector:     ${rule.Selector}`,
  ...(meta ? [`${indent}Create Index: ${rule.CreateIndex}`, `${indent}Modify Index: ${rule.ModifyIndex}`] : []),
];

export const ruleText = (rule: BindingRule, { meta = false, format }: Shown): string =>
  wantsJson(format) ? toJson(rule) : lines([`ID:           ${rule.ID}`, ...ruleRows(rule, meta, '')]);

export const rulesText = (rules: readonly BindingRule[], { meta = false, format }: Shown): string =>
  wantsJson(format) ? toJson(rules) : lines(rules.flatMap((rule) => [`${rule.ID}:`, ...ruleRows(rule, meta, '   ')]));

export const ruleId = (acl: AclApi, prefix: string): Promise<string> =>
  complete('rule', prefix, async () => (await acl.bindingRules()).map(({ ID }) => ID));
