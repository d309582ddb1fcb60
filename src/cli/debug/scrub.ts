/** Takes secrets out of what a debug archive holds. Pure. */

const hidden = 'hidden';

/** Names whose values are secret wherever they stand. Accessors name a token without being one. */
const secretName = /^(?:secretid|token|secret|password|passphrase|private_?key|encrypt_?key|bearertoken)$/i;

/** In JSON: text values under secret names, at any depth. */
export function scrubJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(scrubJson);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) =>
      typeof inner === 'string' && inner !== '' && secretName.test(name) ? [name, hidden] : [name, scrubJson(inner)],
    ),
  );
}

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const secretInText = new RegExp(
  `((?:token|secret_?id|secret|password|encrypt)"?\\s*[=:]\\s*"?|Bearer\\s+|/v1/acl/(?:info|clone|destroy|renew)/)(?:${uuid}|[^\\s"&;,]+)`,
  'gi',
);

/** In lines of a log: what follows `token=`, a bearer token, and the secrets that are known to be ones. */
export function scrubText(text: string, known: readonly string[]): string {
  let scrubbed = text.replace(secretInText, `$1${hidden}`);
  for (const secret of known) if (secret !== '') scrubbed = scrubbed.replaceAll(secret, hidden);
  return scrubbed;
}
