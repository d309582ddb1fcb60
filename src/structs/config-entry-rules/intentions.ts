/** Who may talk to a service. */
import { goQuote } from '../../lib/go-format.ts';
import type { IntentionPermission, ServiceIntentionsConfigEntry, SourceIntention } from '../intention.ts';
import { type EntryRules, firstFault } from './rules.ts';

const maxDescriptionLength = 512;

/** The more exactly an intention names its ends, the earlier it counts; the destination first. */
export function precedenceOf(source: string, destination: string): number {
  if (destination === '*') return source === '*' ? 5 : 6;
  return source === '*' ? 8 : 9;
}

export const intentionsRules: EntryRules<ServiceIntentionsConfigEntry> = {
  normalize: (entry) => ({
    ...entry,
    Sources:
      entry.Sources?.map((source) => normalSource(source, entry.Name)).sort((a, b) => b.Precedence - a.Precedence) ??
      null,
  }),
  fault(entry) {
    const { Name, Sources } = entry;
    const fault = wildcardFault(Name);
    if (fault !== null) return `Name: ${fault}`;
    if (Sources === null || Sources.length === 0) return 'At least one source is required';
    const seen = new Set<string>();
    return firstFault(Sources, (source, i) => {
      const wrong = sourceFault(source, Name === '*');
      if (wrong !== null) return `Sources[${i}]${wrong}`;
      if (seen.has(source.Name)) return `Sources[${i}] defines ${goQuote(source.Name)} more than once`;
      seen.add(source.Name);
      return null;
    });
  },
};

const normalSource = (source: SourceIntention, destination: string): SourceIntention => ({
  ...source,
  Type: source.Type || 'consul',
  Precedence: precedenceOf(source.Name, destination),
  Permissions:
    source.Permissions?.map((permission) =>
      permission.HTTP?.Methods == null
        ? permission
        : {
            ...permission,
            HTTP: { ...permission.HTTP, Methods: permission.HTTP.Methods.map((method) => method.toUpperCase()) },
          },
    ) ?? null,
});

/** Metadata of single intentions belongs to their older form; other writes refuse it. */
export const legacyFault = (sources: readonly SourceIntention[] | null): string | null =>
  firstFault(sources, ({ LegacyMeta }, i) =>
    LegacyMeta !== null && Object.keys(LegacyMeta).length > 0 ? `Sources[${i}].LegacyMeta must be omitted` : null,
  );

export const wildcardFault = (name: string): string | null =>
  name.includes('*') && name !== '*' ? "wildcard character '*' cannot be used with partial values" : null;

const isAction = (action: string): boolean => action === 'allow' || action === 'deny';

function sourceFault(source: SourceIntention, isForAll: boolean): string | null {
  if (source.Name === '') return '.Name is required';
  const wildcard = wildcardFault(source.Name);
  if (wildcard !== null) return `.Name: ${wildcard}`;
  if (source.Description.length > maxDescriptionLength) {
    return `.Description exceeds maximum length ${maxDescriptionLength}`;
  }
  const permissions = source.Permissions ?? [];
  if (permissions.length > 0) {
    if (isForAll) return '.Permissions cannot be specified on intentions with wildcarded destinations';
    if (source.Action !== '') return '.Action must be omitted if Permissions are specified';
  } else if (!isAction(source.Action)) return ".Action must be set to 'allow' or 'deny'";
  if (source.Type !== 'consul') return ".Type must be set to 'consul'";
  return firstFault(permissions, (permission, i) => {
    const fault = permissionFault(permission);
    return fault === null ? null : `.Permissions[${i}]${fault}`;
  });
}

function permissionFault({ Action, HTTP }: IntentionPermission): string | null {
  if (!isAction(Action)) return ".Action must be set to 'allow' or 'deny'";
  if (HTTP === null) return '.HTTP is required';
  const paths = [HTTP.PathExact, HTTP.PathPrefix, HTTP.PathRegex].filter((path) => path !== '').length;
  if (HTTP.PathExact !== '' && !HTTP.PathExact.startsWith('/')) {
    return `.HTTP.PathExact doesn't start with '/': ${goQuote(HTTP.PathExact)}`;
  }
  if (HTTP.PathPrefix !== '' && !HTTP.PathPrefix.startsWith('/')) {
    return `.HTTP.PathPrefix doesn't start with '/': ${goQuote(HTTP.PathPrefix)}`;
  }
  if (paths > 1) return '.HTTP should only contain at most one of PathExact, PathPrefix, or PathRegex';
  const headers = HTTP.Header ?? [];
  const methods = HTTP.Methods ?? [];
  return (
    firstFault(headers, (header, i) => {
      if (header.Name === '') return `.HTTP.Header[${i}] missing required Name field`;
      const ways = [header.Exact, header.Prefix, header.Suffix, header.Regex].filter((way) => way !== '').length;
      return ways + (header.Present ? 1 : 0) === 1
        ? null
        : `.HTTP.Header[${i}] should only contain one of Present, Exact, Prefix, Suffix, or Regex`;
    }) ??
    firstFault(methods, (method, i) =>
      methods.indexOf(method) === i ? null : `.HTTP.Methods contains ${goQuote(method)} more than once`,
    ) ??
    (paths === 0 && headers.length === 0 && methods.length === 0 ? '.HTTP should not be empty' : null)
  );
}
