/** URLs fit for logs: without the secrets that people put into them. */

/** What follows may be a secret: ids of the old access rules are the tokens themselves, and people mix the new ones up. */
const secretPath = /^(\/v1\/acl\/(?:create|update|destroy|info|clone|list|token)\/)(?!self(?:$|[?/]))[^?]+/;

const parameter = /([?&;])([^=&;?]*)=[^&;]*/g;

/** As the server reads it: `%74oken` is `token` too. */
function isToken(name: string): boolean {
  if (!name.includes('%')) return name === 'token';
  try {
    return decodeURIComponent(name) === 'token';
  } catch {
    // Nobody reads what cannot be decoded; that it is odd is reason enough.
    return true;
  }
}

export function loggableUrl(url: string): string {
  const path = url.startsWith('/v1/acl/') ? url.replace(secretPath, '$1<hidden>') : url;
  return path.replace(parameter, (all, before: string, name: string) =>
    isToken(name) ? `${before}${name}=<hidden>` : all,
  );
}
