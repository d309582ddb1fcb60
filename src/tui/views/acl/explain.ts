/** "Why may this token do that?", asked of agents that can tell. Changes nothing. */
import { accessOf, decisionText } from '../../../cli/acl-explain.ts';
import type { AclAccess, AclExplained, AclToken } from '../../../client/acl.ts';
import { type Action, shellLine } from '../../app/actions.ts';
import { textBox } from '../../components/text-box.ts';
import { outputLines } from '../../rows/check-row.ts';
import { SourceError } from '../../source/source.ts';
import { sanitize, span } from '../../text.ts';
import type { ViewContext } from '../view.ts';

export function explainToken({ source, show, copy }: ViewContext, { AccessorID, Description }: AclToken): Action {
  return {
    title: `What may ${sanitize(Description) || AccessorID} do?`,
    harmless: true,
    fields: [
      {
        name: 'access',
        label: 'Access',
        hint: 'key:app/config:write, service:web:read, operator:read; several with spaces between',
        required: true,
      },
    ],
    command: ({ access = '' }) => shellLine('tc', 'acl', 'explain', `-accessor=${AccessorID}`, ...words(access)),
    async run({ access = '' }, signal) {
      const body = words(access).map(asked);
      const path = '/v1/internal/acl/explain';
      const answer = await source.write({ method: 'POST', path, params: { accessor: AccessorID }, body }, signal);
      const text = decisionText(answer as AclExplained);
      show((close) =>
        textBox({
          title: [span('Why', 'plain', { bold: true })],
          lines: (width) => outputLines(text, width),
          copy: () => copy(text, 'the explanation'),
          close,
        }),
      );
      return 'explained';
    },
  };
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean);

function asked(text: string): AclAccess {
  try {
    return accessOf(text);
  } catch (error) {
    throw new SourceError({ kind: 'refused', message: (error as Error).message }, { cause: error });
  }
}
