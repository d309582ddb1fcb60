import { describe, expect, it } from 'vitest';
import { isGuarded } from '../../../../src/agent/http/acl-guard.ts';
import { routes } from '../../../../src/agent/http/routes.ts';

/** These look into the body, or show only what the request may see. */
const askThemselves = [
  '/v1/agent/members',
  '/v1/agent/services',
  '/v1/agent/service/register',
  '/v1/agent/checks',
  '/v1/agent/check/register',
  '/v1/agent/connect/authorize',
];
/** Answered by servers, which ask for themselves. */
const askedByServers = ['/v1/agent/connect/ca/'];

describe("the agent's own endpoints", () => {
  it('are all behind a right', () => {
    const own = routes.map(({ path }) => path).filter((path) => path.startsWith('/v1/agent/'));
    const open = own.filter(
      (path) =>
        !isGuarded(path) && !askThemselves.includes(path) && !askedByServers.some((prefix) => path.startsWith(prefix)),
    );
    expect(open).toEqual([]);
  });
});
