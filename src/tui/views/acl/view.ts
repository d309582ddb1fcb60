/** ACLs: tokens, policies and roles, as far as the token may see them. Secrets are never shown. */
import type { AclLink, AclPolicy, AclRole, AclToken } from '../../../client/acl.ts';
import { startAction } from '../../app/actions.ts';
import { textBox } from '../../components/text-box.ts';
import { outputLines } from '../../rows/check-row.ts';
import type { Column } from '../../rows/column.ts';
import * as queries from '../../source/queries.ts';
import { type Line, sanitize, span } from '../../text.ts';
import { tabbedPage } from '../tabbed-page.ts';
import { tablePage } from '../table-page.ts';
import type { Page, ViewContext, ViewDefinition } from '../view.ts';
import { createToken, deletePolicies, deleteRoles, deleteTokens } from './actions.ts';
import { explainToken } from './explain.ts';

export const aclView: ViewDefinition = {
  id: 'acl',
  title: 'ACL',
  aliases: ['tokens', 'policies', 'roles'],
  help: 'Tokens, policies and roles',
  open: openAcl,
};

function openAcl(context: ViewContext): Page {
  return tabbedPage({ crumb: 'ACL', pages: [tokensPage(context), policiesPage(context), rolesPage(context)] });
}

const namesOf = (links: readonly AclLink[] | undefined): string => (links ?? []).map(({ Name }) => Name).join(', ');
const nameColumn = <T extends { readonly Name: string }>(): Column<T> => ({
  title: 'Name',
  width: 18,
  grow: 2,
  cell: ({ Name }) => span(sanitize(Name), 'plain', { bold: true }),
});
const descriptionColumn = <T extends { readonly Description: string }>(): Column<T> => ({
  title: 'Description',
  width: 16,
  grow: 3,
  cell: ({ Description }) => span(sanitize(Description), 'muted'),
});

function identities({
  ServiceIdentities,
  NodeIdentities,
}: Pick<AclToken, 'ServiceIdentities' | 'NodeIdentities'>): string {
  const services = (ServiceIdentities ?? []).map(({ ServiceName }) => `service:${ServiceName}`);
  return [...services, ...(NodeIdentities ?? []).map(({ NodeName }) => `node:${NodeName}`)].join(', ');
}

function tokensPage(context: ViewContext): Page {
  const feed = context.feed(queries.aclTokens);
  const grants = (token: AclToken): string =>
    [namesOf(token.Policies), namesOf(token.Roles), identities(token)].filter(Boolean).join(', ');
  return tablePage<AclToken>(context, {
    crumb: 'Tokens',
    noun: 'token',
    rows: feed,
    run: feed.run,
    keyOf: ({ AccessorID }) => AccessorID,
    columns: [
      {
        title: 'Description',
        width: 20,
        grow: 3,
        cell: ({ Description }) => span(sanitize(Description) || '–', 'plain', { bold: true }),
      },
      { title: 'Grants', width: 16, grow: 3, cell: (token) => span(sanitize(grants(token)) || '–', 'value') },
      { title: 'Scope', width: 6, cell: ({ Local }) => span(Local ? 'local' : 'global', 'muted') },
      { title: 'Accessor', width: 36, from: 90, cell: ({ AccessorID }) => span(AccessorID, 'muted') },
      {
        title: 'Expires',
        width: 20,
        from: 140,
        cell: ({ ExpirationTime }) => span(ExpirationTime ?? 'never', 'muted'),
      },
    ],
    subject: (token) => ({
      text: `${token.Description} ${token.AccessorID} ${grants(token)}`,
      state: token.Local ? 'local' : 'global',
    }),
    name: ({ AccessorID }) => AccessorID,
    // Whoever looks over one's shoulder must not see it.
    raw: (token) => ({ ...token, ...('SecretID' in token && { SecretID: '(not shown)' }) }),
    enter: (token) => startAction(context, explainToken(context, token)),
    actions: (rows) => [...(rows.length > 0 ? [deleteTokens(context, rows)] : []), createToken(context)],
  });
}

function policiesPage(context: ViewContext): Page {
  const feed = context.feed(queries.aclPolicies);
  return tablePage<AclPolicy>(context, {
    crumb: 'Policies',
    noun: 'policy',
    plural: 'policies',
    rows: feed,
    run: feed.run,
    keyOf: ({ ID }) => ID,
    columns: [
      nameColumn(),
      descriptionColumn(),
      { title: 'ID', width: 36, from: 90, cell: ({ ID }) => span(ID, 'muted') },
    ],
    subject: ({ Name, Description, ID }) => ({ text: `${Name} ${Description} ${ID}` }),
    name: ({ Name }) => Name,
    raw: (policy) => policy,
    enter: (policy) => void showRules(context, policy),
    actions: (rows) => (rows.length > 0 ? [deletePolicies(context, rows)] : []),
  });
}

async function showRules({ source, ended, show, say, copy }: ViewContext, { ID, Name }: AclPolicy): Promise<void> {
  try {
    const { Rules = '' } = await source.read(queries.aclPolicy(ID), ended);
    show((close) =>
      textBox({
        title: [span(sanitize(Name), 'plain', { bold: true }), span(' rules', 'muted')],
        lines: (width): Line[] => outputLines(Rules, width),
        copy: () => copy(Rules, `the rules of ${Name}`),
        close,
      }),
    );
  } catch (error) {
    say({ text: (error as Error).message, tone: 'bad' });
  }
}

function rolesPage(context: ViewContext): Page {
  const feed = context.feed(queries.aclRoles);
  return tablePage<AclRole>(context, {
    crumb: 'Roles',
    noun: 'role',
    rows: feed,
    run: feed.run,
    keyOf: ({ ID }) => ID,
    columns: [
      nameColumn(),
      {
        title: 'Policies',
        width: 16,
        grow: 2,
        cell: ({ Policies }) => span(sanitize(namesOf(Policies)) || '–', 'value'),
      },
      { title: 'Identities', width: 12, grow: 1, cell: (role) => span(sanitize(identities(role)) || '–', 'value') },
      descriptionColumn(),
    ],
    subject: (role) => ({ text: `${role.Name} ${role.Description} ${namesOf(role.Policies)} ${identities(role)}` }),
    name: ({ Name }) => Name,
    raw: (role) => role,
    actions: (rows) => (rows.length > 0 ? [deleteRoles(context, rows)] : []),
    empty: 'no roles',
  });
}
