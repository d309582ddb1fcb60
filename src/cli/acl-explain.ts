/** How `acl explain` reads what it is asked, and shows what it was told. */
import type { AclAccess, AclDecision, AclExplained } from '../client/acl.ts';
import { CliError } from './command.ts';

/** `key:apps/web:write` or `operator:read`; names may have colons in them. */
export function accessOf(text: string): AclAccess {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first <= 0 || last === text.length - 1) {
    throw new CliError(`Malformed access ${JSON.stringify(text)}: must be RESOURCE:NAME:ACCESS`);
  }
  const Segment = first === last ? '' : text.slice(first + 1, last);
  return { Resource: text.slice(0, first), Segment, Access: text.slice(last + 1) };
}

const about = ({ Resource, Segment, Access }: AclAccess): string =>
  Segment === '' ? `${Resource}:${Access}` : `${Resource}:${Access} on ${JSON.stringify(Segment)}`;

function rows(decision: AclDecision): string[] {
  const { Allow, Because, From, Others } = decision;
  return [
    `${Allow ? 'Allowed' : 'Denied '}  ${about(decision)}`,
    `   Because:  ${Because}`,
    ...(From ?? []).map((way) => `   From:     ${way}`),
    ...(Others ?? []).map(({ Rule, From: ways }) => `   Not:      ${Rule} (${(ways ?? []).join(', ')})`),
  ];
}

export function decisionText({ AccessorID, Description, Decisions }: AclExplained): string {
  const token = AccessorID === '' ? 'none' : `${AccessorID}${Description === '' ? '' : ` (${Description})`}`;
  return [`Token:    ${token}`, ...Decisions.flatMap(rows)].map((row) => `${row}\n`).join('');
}
