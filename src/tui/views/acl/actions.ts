/** What can be done to tokens, policies and roles. */
import type { AclPolicy, AclRole, AclToken } from '../../../client/acl.ts';
import { type Action, shellLine } from '../../app/actions.ts';
import { textBox } from '../../components/text-box.ts';
import { span } from '../../text.ts';
import type { ViewContext } from '../view.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

function deleteAll(
  { source }: ViewContext,
  kind: 'token' | 'policy' | 'role',
  all: readonly Named[],
  warning: string,
): Action {
  const names = all.map(({ name }) => name).join(', ');
  return {
    title: `Delete the ${kind}`,
    warning,
    command: () => all.map(({ id }) => shellLine('tc', 'acl', kind, 'delete', `-id=${id}`)),
    async run(_values, signal) {
      for (const { id } of all) await source.write({ method: 'DELETE', path: `/v1/acl/${kind}/${id}` }, signal);
      return `${names} deleted`;
    },
  };
}

export const deleteTokens = (context: ViewContext, tokens: readonly AclToken[]): Action =>
  deleteAll(
    context,
    'token',
    tokens.map(({ AccessorID }) => ({ id: AccessorID, name: AccessorID })),
    'Whoever uses it is refused at once.',
  );

export const deletePolicies = (context: ViewContext, policies: readonly AclPolicy[]): Action =>
  deleteAll(
    context,
    'policy',
    policies.map(({ ID, Name }) => ({ id: ID, name: Name })),
    'Tokens with it lose its rights at once.',
  );

export const deleteRoles = (context: ViewContext, roles: readonly AclRole[]): Action =>
  deleteAll(
    context,
    'role',
    roles.map(({ ID, Name }) => ({ id: ID, name: Name })),
    'Tokens with it lose its rights at once.',
  );

const words = (text = ''): string[] => text.split(/[\s,]+/).filter(Boolean);

export function createToken({ source, show, copy }: ViewContext): Action {
  return {
    title: 'Create a token',
    fields: [
      { name: 'description', label: 'Description', required: true },
      { name: 'policies', label: 'Policies', hint: 'names, with commas between' },
      { name: 'roles', label: 'Roles', hint: 'names, with commas between' },
      { name: 'ttl', label: 'Expires in', hint: '24h; empty for never' },
    ],
    command: ({ description = '', policies, roles, ttl = '' }) =>
      shellLine(
        ...['tc', 'acl', 'token', 'create', `-description=${description}`],
        ...words(policies).map((name) => `-policy-name=${name}`),
        ...words(roles).map((name) => `-role-name=${name}`),
        ...(ttl === '' ? [] : [`-expires-ttl=${ttl}`]),
      ),
    async run({ description = '', policies, roles, ttl = '' }, signal) {
      const named = (names: readonly string[]) => names.map((Name) => ({ Name }));
      const body = {
        Description: description,
        Policies: named(words(policies)),
        Roles: named(words(roles)),
        ...(ttl !== '' && { ExpirationTTL: ttl }),
      };
      const { AccessorID, SecretID } = (await source.write(
        { method: 'PUT', path: '/v1/acl/token', body },
        signal,
      )) as AclToken;
      show((close) =>
        textBox({
          title: [span('The new token', 'plain', { bold: true }), span(' its secret is shown this once', 'warn')],
          lines: () => [
            [span('Accessor  ', 'muted'), span(AccessorID)],
            [span('Secret    ', 'muted'), span(SecretID, 'accent', { bold: true })],
          ],
          copy: () => copy(SecretID, 'the secret'),
          close,
        }),
      );
      return `token ${AccessorID} is created`;
    },
  };
}
